import BillhookCore

extension SavingProblem {
  /// The problem, with what to write in a recipe that saves with `huggingface`.
  var text: String {
    guard !remedies.isEmpty else { return reason }
    return "\(reason); " + remedies.map(\.text).joined(separator: ", or ")
  }
}

extension SavingProblem.Remedy {
  fileprivate var text: String {
    switch self {
    case .evenBlocks:
      "take as many heads and channels from every block, with `allocate uniform` and without `keep`"
    case .dividingHeads: "keep a number that does"
    case .allHeads(let count): "keep all \(count) heads"
    case .architecture(.family): "save with `architecture = family`"
    case .architecture(.mistral):
      "save with `architecture = mistral`, which is the same model by another name"
    case .architecture(.custom):
      "save with `architecture = custom`, which loads in transformers with `trust_remote_code`"
    case .architecture(.nemotronNAS):
      "save with `architecture = nemotron_nas`, which vLLM and mlx-lm open"
    case .gguf: "save with `save gguf`"
    case .firstAttention: "keep it, with `keep first 1`"
    case .multiples(let count):
      "remove channels with `mlp_channel { multiple_of = \(count) }`, as far as the model's own number "
        + "is a multiple"
    case .type(let type): "save with `type = \(type)`"
    case .noTokenizer:
      "save with `tokenizer = none`, and give programs tokens instead of text"
    case .wholePeriods(let period, let blocks, let count):
      "to preserve the pattern, remove \(period) neighbours at a time, such as "
        + "`remove [\(blocks.lowerBound)..\(blocks.upperBound)]`, or the last blocks, with "
        + "`keep first \(count)`"
    }
  }
}
