package import BillhookModels

extension LanguageModel {
  /// The model with its weights staying on the device of a run, as far as that has room for them.
  ///
  /// What is made of the model, by pruning or training, shares the weights that it does not change.
  package func staying(in context: RunContext) -> LanguageModel {
    guard let room = context.room else { return self }
    return staying(on: context.device, in: context.dtype, within: room)
  }
}
