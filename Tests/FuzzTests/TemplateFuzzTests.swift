import BillhookCore
import TestSupport
import Testing

/// Random chat templates: text, or an error that names a place; the same again for the same template.
@Suite struct TemplateFuzzTests {
  private static let pieces = [
    "{{ ", " }}", "{%- ", " -%}", "{% if x %}", "{% else %}", "{% endif %}",
    "{% for m in messages %}",
    "{% endfor %}", "{# ", " #}", "{% raw %}", "{% endraw %}", "{% set ns = namespace(a=1) %}",
    "{% set ns.a = ns.a * 9 %}", "{% macro f(a, b=1) %}", "{% endmacro %}", "{{ f(1) }}",
    "{{ f(f(2), b=3) }}",
    "messages[", "][::-1]", " | tojson(indent=2)", " | trim", " | join(',')", ".split('x')",
    " is defined",
    " not in ", " and ", " if x else y", "~", "//", "**", "(", ")", "[", "]", "'", "\"", "\\u00",
    "\\x", "\n",
    "9223372036854775807", "-1", "1e999", "0", "{% generation %}", "{% endgeneration %}",
    "{% break %}",
    "loop.index", "loop.cycle(1, 2)", "range(99)", "strftime_now('%d %B')", "raise_exception('r')",
    "é", "\u{0}",
    " | sort(attribute='role')", " | map('upper')", " | selectattr('role', 'eq', 'user')",
    ".items()", " | int",
  ]

  private static let seeds = [
    "{% for m in messages %}{{ '<' + m.role + '>' + m.content | trim + eos }}{% endfor %}",
    "{%- set ns = namespace(n=0) -%}{% for m in messages[::-1] %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
    "{% macro f(a, b='x') %}{{ a ~ b }}{% endmacro %}{{ f(messages | length, b=x) }}\n  {% if x %}\n a{% endif %}",
    "{{ messages | map(attribute='content') | join(', ') | upper | replace('A', 'b') | tojson }}",
    "{% if x is string and x.startswith('t') or x in ['a', x] %}{{ x[1:-1:2] }}{% elif not x %}{{ 7 // 2 % 3 }}{% endif %}",
  ]
  .map { Array($0.utf8) }

  private static let given: [(name: String, value: JinjaValue)] = [
    (
      "messages",
      .list([
        .dictionary([("role", .string("user")), ("content", .string("Hi Anna"))]),
        .dictionary([("role", .string("assistant")), ("content", .string(" é "))]),
      ])
    ),
    ("x", .string("text")), ("y", .integer(3)), ("eos", .string("</s>")),
  ]

  @Test func templates() throws {
    let result = try Fuzzing.run("templates", inputs: 3000) { random in
      var bytes = Self.seeds.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        Mutation.bytes(&bytes, pieces: Self.pieces, &random)
      }
      let source = String(decoding: bytes, as: UTF8.self)
      do {
        let template = try JinjaTemplate(source)
        let time = JinjaTime(year: 2026, month: 1, day: 2)
        let found = try template.render(Self.given, time: time)
        let again = try template.render(Self.given, time: time)
        try Fault.unless(found == again, "another text the second time")
        let size = found.text.utf8.count
        let isInside = found.generated?.allSatisfy { $0.upperBound <= size } ?? true
        try Fault.unless(isInside, "a generation that is not in the text")
        return .accepted
      } catch let error as JinjaError {
        let isInside = error.line >= 1 && error.column >= 1 && !error.message.isEmpty
        try Fault.unless(isInside, "an error without a place")
        return .refused
      }
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }
}
