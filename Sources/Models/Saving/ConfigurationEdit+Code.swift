import BillhookFiles

extension ConfigurationEdit {
  /// Names the code that loaders run for a saved model: Billhook's own for widths per layer, and
  /// that of the source's tokenizer, which is copied with the model.
  ///
  /// The source's own code for its model is no longer named. Every family that is opened here is
  /// native to transformers, and it is the native class that computes what was measured. A model's
  /// own code was written for the source's shapes: it may take the size of a head from the hidden
  /// size, or lists of layers from their numbers, and would then compute something else from the
  /// same weights.
  static func setCode(
    _ architecture: SavedArchitecture,
    of model: LanguageModel,
    _ source: JSON,
    in text: inout JSONText
  ) {
    let named = source["auto_map"]?.members ?? []
    var kept = named.filter { member in
      !isOfModel(member.key) && member.value.isCode(in: model.directory.companions)
    }
    if architecture == .custom, let family = Family.of(model.configuration) {
      for (key, kind) in [("AutoConfig", "Config"), ("AutoModelForCausalLM", "ForCausalLM")] {
        let value = CustomArchitecture.autoMap(kind, of: family)
        kept.append(JSON.Member(key: key, value: .string(value)))
      }
    }
    if architecture == .nemotronNAS {
      kept += NemotronCode.autoMap.map { JSON.Member(key: $0.key, value: .string($0.value)) }
    }
    guard kept != named else { return }
    if kept.isEmpty {
      text.remove("auto_map")
    } else {
      text.set("auto_map", to: .object(kept))
    }
  }

  /// Whether an entry of `auto_map` is about the model and not about its tokenizer.
  fileprivate static func isOfModel(_ key: String) -> Bool {
    key == "AutoConfig" || key.hasPrefix("AutoModel")
  }
}

extension JSON {
  /// Whether the value of an entry of `auto_map`, one class or two, names code that is copied with
  /// the model, or is in a repository of its own.
  fileprivate func isCode(in companions: Companions) -> Bool {
    let names = (array ?? [self]).compactMap(\.string)
    return !names.isEmpty
      && names.allSatisfy { name in
        name.contains("--")
          || companions.names.contains("\(name.prefix { $0 != "." }).py")
      }
  }
}

extension LanguageModel {
  /// Sentences on what a saved model does not take from its source.
  public var leftBehindOnSaving: [String] {
    var notes: [String] = []
    let files = directory.companions.leftBehind
    if !files.isEmpty {
      notes.append(
        "\(directory.path): not copied, because nothing shows that a pruned model needs it: "
          + files.joined(separator: ", ")
      )
    }
    let source = try? directory.configurationText.json
    let classes = (source?["auto_map"]?.members ?? []).filter { member in
      ConfigurationEdit.isOfModel(member.key)
        && member.value.string?.hasPrefix("\(CustomArchitecture.moduleName).") != true
    }
    if !classes.isEmpty {
      notes.append(
        "\(directory.path): the source's own code for its model "
          + "(\(classes.compactMap(\.value.string).joined(separator: ", "))) is not named in what is "
          + "saved; transformers' own class computes what was measured"
      )
    }
    return notes
  }
}
