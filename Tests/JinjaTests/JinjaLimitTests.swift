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
  }

  @Test func theTimeIsWhatIsGiven() throws {
    let template = try JinjaTemplate("{{ strftime_now('%d %B %Y, %A') }}")
    #expect(template.mentions("strftime_now") && !template.mentions("now"))
    let leap = try #require(JinjaTime(year: 2024, month: 2, day: 29))
    #expect(try template.render([], time: leap).text == "29 February 2024, Thursday")
    let error = #expect(throws: JinjaError.self) { try template.render([]) }
    #expect(error?.message == "the template asks for the time, and none is given")
    #expect(JinjaTime(year: 2023, month: 2, day: 29) == nil)
    #expect(JinjaTime(year: 2023, month: 13, day: 1) == nil)
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
