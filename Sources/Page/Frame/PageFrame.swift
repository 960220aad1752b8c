import BillhookCore
import BillhookPipeline

/// The frame of a page: its head with style and script, what stands in it, and the seal by which it is known
/// again.
enum PageFrame {
  /// The file.
  static func text(title: String, _ body: [Markup]) -> String {
    let head = Markup(
      "head",
      [:],
      [
        Markup("meta", ["charset": "utf-8"]),
        Markup("meta", ["name": "generator", "content": "Billhook \(BillhookVersion.current)"]),
        // Nothing is loaded from anywhere, whatever stands in the page.
        Markup(
          "meta",
          [
            "http-equiv": "Content-Security-Policy",
            "content":
              "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
          ]
        ),
        Markup(
          "meta",
          ["name": "viewport", "content": "width=device-width, initial-scale=1"]
        ),
        Markup("meta", ["name": "color-scheme", "content": "light dark"]),
        Markup("title", [:], ["\(title)"]),
        .raw("style", PageStyle.text),
      ]
    )
    let main = Markup("body", [:], [Markup("main", [:], body), .raw("script", SortScript.text)])
    let html = Markup("html", ["lang": "en"], [head, main]).source
    return SealedPage("<!DOCTYPE html>\n\(html)\n", by: .report).text
  }
}
