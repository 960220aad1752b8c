import BillhookJinja
import Testing

/// What templates cannot do: run on, grow without bound, ask the clock, or be misunderstood silently.
@Suite struct JinjaLimitTests {
  private func error(_ template: String, _ value: JinjaValue = .none) -> JinjaError? {
    do throws(JinjaError) {
      _ = try JinjaTemplate(template).render([("x", value)])
      return nil
    } catch {
      return error
    }
  }

  @Test(
    arguments: [
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ g() }}",
      "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
      "{% for a in range(99999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}",
      "{{ range(100001) | list }}",
      "{{ 'abc' * 99999999999 }}",
      "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
      "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
      "{{ 'a' | replace('', 'b' * 60000000) }}",
      "{{ 9223372036854775807 + 1 }}",
      "{{ 3 ** 99 }}",
      "{{ 'ab' | indent(999999999999) }}",
    ]
  )
  func noTemplateRunsOnOrGrowsWithoutBound(template: String) throws {
    #expect(error(template)?.kind == .limit)
  }

  /// Conversations of a hundred thousand tokens are none too long, however a template gathers them.
  @Test func longConversationsAreRendered() throws {
    let row = String(repeating: "word ", count: 80)
    let gathering = """
      {% set ns = namespace(out='') %}{% for i in range(1000) %}\
      {% set ns.out = ns.out ~ '<|user|>' ~ x ~ '<|end|>' %}{% endfor %}{{ ns.out | length }}
      """
    let length = try JinjaTemplate(gathering).render([("x", .string(row))]).text
    #expect(length.contains("\(1000 * (row.count + 15))"))
    let long = "<" + String(repeating: "a", count: 200_000) + ">"
    let ends = "{{ x | first }}{{ x | last }}{{ (x | reverse)[0] }}{{ x | reverse | last }}"
    #expect(try JinjaTemplate(ends).render([("x", .string(long))]).text == "<>><")
  }

  @Test func deepNestingIsAnErrorWhenItIsRead() {
    for (open, close) in [
      ("(", ")"), ("[", "]"), ("{1:", "}"), ("not ", ""), ("-", ""), ("f(", ")"),
    ] {
      let deep =
        "{{ " + String(repeating: open, count: 500) + "1" + String(repeating: close, count: 500)
        + " }}"
      #expect(error(deep)?.kind == .limit, "\(open)")
    }
    let tags = String(repeating: "{% if 1 %}", count: 500)
    #expect(error(tags)?.kind == .limit)
    #expect(error("{{ x" + String(repeating: "|string", count: 500) + " }}")?.kind == .limit)
    #expect(error("{{ x" + String(repeating: ".y", count: 500) + " }}")?.kind == .limit)
    // Long is not deep.
    #expect(error("{{ 1" + String(repeating: " + 1", count: 500) + " }}") == nil)
    let many = String(repeating: "{% elif 0 %}", count: 500)
    #expect(error("{% if 0 %}\(many){% endif %}") == nil)
  }

  /// What would be evaluated, or let go of, inside of one another, however it is written.
  @Test(
    arguments: [
      "{{ 1" + String(repeating: " if 1", count: 5000) + " }}",
      "{{ 1" + String(repeating: " if 1 else 2", count: 500) + " }}",
      "{{ x" + String(repeating: " is defined", count: 500) + " }}",
      "{{ x is eq x" + String(repeating: ".y", count: 500) + " }}",
      "{{ x is eq x" + String(repeating: "[0]", count: 500) + " }}",
    ]
  )
  func longChainsAreErrorsWithAPlace(template: String) {
    let found = error(template)
    #expect(found?.kind == .limit && found?.line == 1 && (found?.column ?? 0) > 3)
  }

  /// Macros, statements and chains add up to what runs inside of one another.
  @Test func whatRunsIsNoDeeperThanTheStack() {
    let loops =
      String(repeating: "{% for y in [1] %}", count: 55) + "{{ f() }}"
      + String(repeating: "{% endfor %}", count: 55)
    #expect(error("{% macro f() %}\(loops){% endmacro %}{{ f() }}")?.kind == .limit)
    var chain = "f()"
    for _ in 0..<20 { chain = "(\(chain)\(String(repeating: "|string", count: 50)))" }
    #expect(error("{% macro f() %}{{ \(chain) }}{% endmacro %}{{ f() }}")?.kind == .limit)
  }

  @Test(
    arguments: [
      "[ns.a]", "(ns.a,)", "{1: ns.a}", "dict(a=ns.a)", "[ns.a] + []", "(ns.a,) + ()", "[ns.a] * 1",
      "[ns.a][:]", "[[ns.a]] | list", "[ns.a].count", "dict([[1, ns.a]])", "[ns.a, ns.a]",
      "{1: ns.a, 2: ns.a}",
    ]
  )
  func valuesAreNeitherDeepNorManyInsideOfOneAnother(value: String) {
    let found = error(
      "{% set ns = namespace(a=1) %}\n{% for i in range(1000) %}{% set ns.a = \(value) %}{% endfor %}"
    )
    #expect(found?.kind == .limit && found?.line == 2)
  }

  /// What holds itself, or others one after another, comes to an end as well.
  @Test func whatIsRememberedIsLetGoOf() {
    for (made, remembered) in [
      ("", "namespace(a=ns.a)"), ("{% macro f() %}{{ i }}{% endmacro %}{% set p = ns.a %}", "f"),
      ("", "ns"),
      ("{% for j in [1] %}{{ loop.changed(ns.a) }}{% set ns.a = loop %}{% endfor %}", "ns.a"),
    ] {
      let template =
        "{% set ns = namespace(a=1) %}{% for i in range(20000) %}\(made){% set ns.a = \(remembered) %}"
        + "{% endfor %}"
      #expect(error(template) == nil, "\(remembered)")
    }
  }

  /// The deepest value that may be is printed, compared, sorted and written as JSON.
  @Test func theDeepestValueIsUsable() throws {
    let template = try JinjaTemplate(
      "{% set ns = namespace(a=1) %}{% for i in range(599) %}{% set ns.a = [ns.a] %}{% endfor %}"
        + "{{ ns.a | string | length }} {{ ns.a == ns.a }} {{ ns.a | tojson | length }} "
        + "{{ [ns.a] | sort | length }}"
    )
    #expect(try template.render([]).text == "1199 True 1199 1")
  }

  /// Each of these took minutes, or gigabytes.
  @Test func lookingThroughTextTakesLinearTime() throws {
    let template = try JinjaTemplate(
      "{% set a = 'a' * 10000 %}{% set b = a * 20 %}{% set c = a ~ 'b' %}"
        + "{{ c in b }} {{ b | replace(c, '') | length }} {{ b.split(c) | length }} {{ b.count(c) }} "
        + "{{ b.rfind(c) }} {{ 'aabaaab'.find('aaab') }} {{ 'abababc'.rfind('abab') }}"
    )
    #expect(try template.render([]).text == "False 200000 1 0 -1 3 2")
    for parts in [
      "(' a' * 200000).split()", "('a\\n' * 200000).splitlines()", "('a,' * 200000).split(',')",
    ] {
      #expect(error("{{ \(parts) }}")?.kind == .limit, "\(parts)")
    }
    let keys = try JinjaTemplate(
      "{% set d = dict(x) %}{{ d | length }} {{ d.k20000 }} {{ 'k9' in d }} {{ 'k' in d }} "
        + "{{ range(30000) | unique | list | length }}"
    )
    let entries = (0..<30_000).map { (key: "k\($0)", value: JinjaValue.integer($0)) }
    #expect(
      try keys.render([("x", .dictionary(entries))]).text == "30000 20000 True False 30000"
    )
  }

  @Test func errorsSayWhereAndWhat() {
    let found = error("{% if x %}\n  é {{ y | shout }}\n{% endif %}")
    #expect(found?.description == "line 2, column 12: the filter `shout` is not understood")
    #expect(found?.kind == .template)
    let raised = error("a\n{{ raise_exception('roles ' + 'differ') }}")
    #expect(raised?.kind == .raised && raised?.message == "roles differ" && raised?.line == 2)
    #expect(error("{{ x.y.z }}")?.message == "`y` is undefined, so it has no `z`")
    #expect(error("{% include 'a' %}")?.message == "the tag `include` is not understood")
    #expect(
      error("{{ 'a'.center(3) }}")?.message == "the method `center` of text is not understood"
    )
    #expect(
      error("{{ x | safe + 'b' }}")?.message
        == "an operation on what `safe` gives is not understood"
    )
    #expect(
      error("{% for x in y recursive %}{% endfor %}")?.message == "`recursive` is not understood"
    )
    #expect(
      error("{% macro m() %}{% break %}{% endmacro %}")?.message == "`break` is outside of a loop"
    )
    #expect(
      error("{% macro m(a=b, b=2) %}{% endmacro %}")?.message
        == "a default of `a` that names the later `b` is not understood"
    )
    #expect(
      error("{% macro m() %}{{ varargs }}{% endmacro %}")?.message
        == "`varargs` in a macro is not understood"
    )
    #expect(error("{{ {[1]: 2} }}")?.message == "a list cannot be a key of a dictionary")
  }

  @Test func theTimeIsWhatIsGiven() throws {
    let template = try JinjaTemplate("{{ strftime_now('%d %B %Y, %A') }}")
    let leap = try #require(JinjaTime(year: 2024, month: 2, day: 29))
    #expect(try template.render([], time: leap).text == "29 February 2024, Thursday")
    let error = #expect(throws: JinjaError.self) { try template.render([]) }
    #expect(error?.kind == .time)
    #expect(JinjaTime(year: 2023, month: 2, day: 29) == nil)
    #expect(JinjaTime(year: 2023, month: 13, day: 1) == nil)
    #expect(JinjaTime(day: "2024-02-29") == leap)
    for day in [
      "2026-02-30", "2026-12-x-31", "2026-12-31-1", "26-12-31", "2026-1-1", "2026-12-3½",
      "+026-12-31",
      "2026-12-31 ", "0000-01-01", "",
    ] {
      #expect(JinjaTime(day: day) == nil, "\(day)")
    }
    let wrong = try JinjaTemplate("{{ strftime_now('%Q') }}")
    #expect(throws: JinjaError.self) { try wrong.render([], time: leap) }
  }

  @Test func generationsAreFoundInTheOutput() throws {
    let template = try JinjaTemplate(
      "é{% for x in [1, 2] %}<{% generation %}ü{{ x }}{% endgeneration %}>{% endfor %}"
    )
    let found = try template.render([])
    #expect(found.text == "é<ü1><ü2>" && found.generated == [3..<6, 8..<11])
    // What is written into a variable has no place of its own.
    let hidden = try JinjaTemplate(
      "{% set y %}{% generation %}a{% endgeneration %}{% endset %}{{ y }}"
    )
    #expect(try hidden.render([]).generated == nil)
    #expect(try JinjaTemplate("a").render([]).generated == nil)
  }
}
