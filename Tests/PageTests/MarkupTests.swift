@testable import BillhookPage
import Testing

/// What every text of a page goes through.
@Suite struct MarkupTests {
  @Test func nothingBecomesMarkup() {
    let evil = "<script>alert(\"1\")</script> & 'x'"
    let escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;"
    #expect(Markup(text: evil).source == escaped)
    let holder: Markup = "\(evil)"
    #expect(holder.source == escaped)
    #expect(
      Markup("p", ["title": evil], [holder]).source == "<p title=\"\(escaped)\">\(escaped)</p>"
    )
  }

  @Test func whatXMLCannotHoldIsReplaced() {
    #expect(
      Markup(text: "a\u{0}b\u{7}c\u{202E}d\u{FFFE}e\nf\u{9B}").source
        == "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e\nf\u{FFFD}"
    )
    #expect(Markup(text: "🪓 é").source == "🪓 é")
  }

  @Test func onlyVoidElementsCloseThemselves() {
    #expect(Markup("br", [:]).source == "<br/>")
    #expect(Markup("div", ["class": nil]).source == "<div></div>")
  }
}
