import BillhookFiles
import BillhookTokenizer

extension GGUFModelWriter {
  /// Why llama.cpp could not hold the model, and what would help; nil where it can.
  public var obstacle: SavingProblem? {
    let layout: GGUFLayout
    do {
      layout = try GGUFLayout(
        model.configuration,
        in: GGUFArchitecture.holding(model.configuration).get()
      )
    } catch let misfit as GGUFMisfit {
      guard misfit.isOfShapes else { return SavingProblem(misfit.reason) }
      let before = model.opened.blocks.lazy.compactMap(\.attention).first?.queryHeads
      if misfit.needsAllHeads, let before { return SavingProblem(misfit.reason, .allHeads(before)) }
      return model.blocks.areWhole
        ? SavingProblem(misfit.reason, .evenBlocks) : SavingProblem(misfit.reason)
    } catch {
      return SavingProblem("\(error)")
    }
    return rowObstacle(layout) ?? tokenizerObstacle ?? endObstacle
  }

  /// What llama.cpp makes of the model, where it is not what was saved.
  ///
  /// - Parameter isCertain: Whether the model is the one that will be saved; where scores decide which
  ///   blocks are removed, only their number is known.
  /// - Returns: The cautions.
  public func cautions(isCertain: Bool = true) -> [SavingProblem] {
    var found: [SavingProblem] = []
    guard let architecture = try? GGUFArchitecture.holding(model.configuration).get() else {
      return []
    }
    let windows = model.blocks.compactMap { $0.attention?.window }
    if let window = windows.min(), !architecture.readsWindows,
      window < model.configuration.maximumPositions
    {
      found.append(
        SavingProblem(
          "\(architecture.name) of llama.cpp has no sliding windows: texts of more than \(window) tokens "
            + "see more than they were meant to"
        )
      )
    }
    if architecture.readsWindows, let caution = model.listedWindowsCaution(isCertain: isCertain) {
      found.append(caution)
    }
    if (try? model.isSparse()) ?? false {
      found.append(
        SavingProblem(
          "the format has no masks: what they hold at zero is written as zeros, and a training of the "
            + "saved model would fill them"
        )
      )
    }
    if case .own = tokenizer {
      if !model.directory.hasTokenizer {
        found.append(
          SavingProblem("the model has no tokenizer.json, so the file gets no tokenizer either")
        )
      } else if let json = try? model.directory.contents(of: "tokenizer.json").map({
        try JSON(parsing: $0)
      }) {
        found += Self.tokenizerCautions(json, rows: model.configuration.vocabularySize)
      }
    }
    return found
  }

  private static func tokenizerCautions(_ json: JSON, rows: Int) -> [SavingProblem] {
    var found: [SavingProblem] = []
    let beyond = (json["added_tokens"]?.array ?? []).filter {
      GGUFTokenList.isBeyond($0, rows: rows)
    }
    if let first = beyond.first?["content"]?.string {
      found.append(
        SavingProblem(
          "the embedding has no row for \(counted(beyond.count, "added token")) such as "
            + "\(first.shown(atMost: 40)), which the file leaves out: their texts are cut like others"
        )
      )
    }
    if json["normalizer"]?["type"]?.string == "NFC" {
      found.append(
        SavingProblem(
          "llama.cpp does not compose characters (NFC) before it cuts a text into tokens, as the "
            + "tokenizer does"
        )
      )
    }
    let isNormalized = json["normalizer"]?.isNull == false
    let stripping = (json["added_tokens"]?.array ?? []).filter {
      $0["lstrip"]?.bool == true || $0["rstrip"]?.bool == true || $0["single_word"]?.bool == true
        || isNormalized && $0["normalized"]?.bool == true && $0["special"]?.bool != true
    }
    if let first = stripping.first?["content"]?.string {
      found.append(
        SavingProblem(
          "added tokens such as \(first.shown(atMost: 40)) take spaces beside them, stand for whole "
            + "words alone or are looked for after normalisation, which llama.cpp does not know"
        )
      )
    }
    return found
  }

  /// Rows that are no whole blocks.
  private func rowObstacle(_ layout: GGUFLayout) -> SavingProblem? {
    for tensor in layout.tensors {
      let own = tensor.type(in: type)
      guard let row = tensor.shape.last, row % own.blockSize != 0 else { continue }
      let block = tensor.parts.first?.block.map { "block \($0)" } ?? "the model"
      let reason =
        "\(block) has rows of \(row) values in \(tensor.name), and \(own.name) holds multiples of "
        + "\(own.blockSize)"
      let isOfChannels = tensor.parts.first?.role == .down
      return isOfChannels
        ? SavingProblem(reason, .multiples(of: own.blockSize), .type("bf16"))
        : SavingProblem(reason, .type("bf16"))
    }
    return nil
  }

  /// Why it cannot be told which tokens end a text; nil where it can.
  private var endObstacle: SavingProblem? {
    do throws(FileError) {
      _ = try ends
      return nil
    } catch {
      return SavingProblem("\(error)")
    }
  }

  private var tokenizerObstacle: SavingProblem? {
    guard case .own = tokenizer else { return nil }
    do {
      _ = try GGUFTokenizer(of: model)
      return nil
    } catch let misfit as GGUFTokenizer.Misfit {
      return SavingProblem(misfit.reason, .noTokenizer)
    } catch {
      return SavingProblem("\(error)", .noTokenizer)
    }
  }
}
