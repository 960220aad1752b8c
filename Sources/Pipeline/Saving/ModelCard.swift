import BillhookCore

/// The card of a saved model: the README.md beside it, for people and for model hubs.
struct ModelCard {
  /// The directory that it stands in.
  let path: String
  /// The branches that the model was saved in, from the outermost.
  let branches: [Branch]
  /// What tells it from the run's other models.
  let model: String
  /// What was done to its source, step by step.
  let derivation: [String]
  /// What was said before anything else: the recipe, the model as it was opened, and data.
  let run: RunDescription
  /// Its size and shape beside those of the model as it was opened.
  let sizes: [Size]
  /// The licence of the base, and what says so; nil where nothing does.
  let licence: Licence?
  /// How it is loaded.
  let loading: Loading
  /// What the directory held when the model had been saved.
  let contents: JSON?

  /// A line of the table of sizes.
  struct Size {
    let name: String
    let before: String
    let after: String
  }

  /// How a saved model is loaded.
  enum Loading {
    /// By transformers.
    case transformers(Files)
    /// By what reads a format.
    case format(String)
  }

  /// What of a saved model says how transformers loads it.
  struct Files {
    /// Whether there is a tokenizer.
    var hasTokenizer = false
    /// Whether code stands beside the weights.
    var hasCode = false
    /// Whether it is the model of an image model, which is loaded as that.
    var seesImages = false
    /// Whether weights are codes in the layout of GPTQ.
    var hasCodes = false
  }

  /// The text, with what a report has measured of the model and of its base.
  func text(_ report: Report) -> String {
    SealedPage((front + body(report)).joined(separator: "\n") + "\n", by: .save).text
  }

  private var name: String { path.split(separator: "/").last.map(String.init) ?? "model" }

  // MARK: Parts

  /// What model hubs read, as YAML: only values of which that is safe.
  private var front: [String] {
    var lines: [String] = []
    if run.model.name.hasPrefix(HubCache.prefix) {
      // Hubs know a model by its name, without the revision.
      let base = run.model.name.dropFirst(HubCache.prefix.count).prefix { $0 != "@" }
      if Licence.isPlain(String(base)) { lines.append("base_model: \(base)") }
    }
    lines += licence?.front ?? []
    var task = "text-generation"
    if case .transformers(let files) = loading {
      lines.append("library_name: transformers")
      if files.seesImages { task = "image-text-to-text" }
    }
    return ["---"] + lines + [
      "pipeline_tag: \(task)", "tags:", "- billhook", "- pruned", "---", "",
    ]
  }

  private func body(_ report: Report) -> [String] {
    var lines = [
      "# \(name.asMarkdown)", "",
      "Made of \(run.model.name.asMarkdown) by Billhook \(BillhookVersion.current).", "",
      "## What was done", "",
    ]
    lines += derivation.isEmpty ? ["Nothing: the weights are those of the base."] : []
    lines += derivation.enumerated().map { "\($0 + 1). \($1.asMarkdown)" }
    if !run.data.isEmpty {
      lines += ["", "Data of the recipe:", ""]
      lines += run.data.map {
        "- \($0.name.asMarkdown): \("\($0.source) { \($0.windows) }".asMarkdown)"
      }
    }
    lines += ["", "## Before and after", ""]
    lines += table(report)
    lines += ["", "## How to load it", ""] + loadingLines
    lines += ["", "## Licence", "", licenceLine, "", "## Recipe", ""]
    let fence = Self.fence(around: run.text)
    lines += [fence, run.text.hasSuffix("\n") ? String(run.text.dropLast()) : run.text, fence, ""]
    lines +=
      run.replaced.isEmpty
      ? [] : ["With \(run.replaced.map { "--let \($0)" }.joined(separator: " ").asMarkdown).", ""]
    return lines
  }

  private func table(_ report: Report) -> [String] {
    // Other branches, also of the same name, are about other models.
    let around = report.rows.filter { branches.starts(with: $0.branches) }
    let after = around.filter { $0.model == model }.flatMap(\.metrics)
    let before = around.filter { $0.state == ModelState.untouched }.flatMap(\.metrics)
    func value(_ name: String, _ metrics: [Metric]) -> String {
      metrics.last { $0.name == name }?.text ?? ""
    }
    let names = (before + after).map(\.name).uniqued
    let rows =
      [["", "before", "after"]]
      + sizes.map { [$0.name.asMarkdown, $0.before.asMarkdown, $0.after.asMarkdown] }
      + names.map { [$0.asMarkdown, value($0, before), value($0, after)] }
    let protocols = (before + after).protocols.map { "- \($0.asMarkdown)" }
    return MarkdownTable(rows, numbersFrom: 1).lines
      + (protocols.isEmpty ? [] : ["", "How it was measured:", ""] + protocols)
  }

  private var loadingLines: [String] {
    switch loading {
    case .format(let format): return ["It was written as \(format.asMarkdown)."]
    case .transformers(let files):
      let model = files.seesImages ? "AutoModelForImageTextToText" : "AutoModelForCausalLM"
      let code = files.hasCode ? ", trust_remote_code=True" : ""
      var python = [
        "from transformers import \(model)\(files.hasTokenizer ? ", AutoTokenizer" : "")", "",
        "model = \(model).from_pretrained(\"PATH\"\(code))",
      ]
      if files.hasTokenizer { python.append("tokenizer = AutoTokenizer.from_pretrained(\"PATH\")") }
      var notes: [String] = []
      if files.hasCode {
        notes.append(
          "Its layers differ in width, so the code that builds them stands beside the weights."
        )
      }
      if files.hasCodes {
        notes.append(
          "Weights are codes in the layout of GPTQ, which transformers reads with the packages "
            + "`gptqmodel` and `optimum`."
        )
      }
      return ["PATH is the folder that this file stands in.", "", "```python"] + python + ["```"]
        + notes.flatMap { ["", $0] }
    }
  }

  private var licenceLine: String {
    guard let licence else {
      return "Neither the configuration nor the card of the base names one; see where it came from."
    }
    return "\(licence.name.asMarkdown), as the \(licence.source) of the base says."
  }

  /// A fence that nothing in a text can close.
  private static func fence(around text: String) -> String {
    var (longest, run) = (0, 0)
    for character in text {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    return String(repeating: "`", count: max(3, longest + 1))
  }
}
