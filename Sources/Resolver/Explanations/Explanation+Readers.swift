import BillhookRecipe

// Warnings about models from elsewhere, and about other programs that read saved models.

extension Explanation {
  static let remarkableModel = Explanation(
    "something about the model or its adapter that is ignored, or looks wrong",
    """
    The recipe runs all the same. Keys of config.json that the classes of the family do not read
    change nothing there, so they are ignored here as well, and stay in what is saved; if one of
    them means something to you, this is not the model that you think it is. An adapter that names
    another base, or reaches only the first blocks, was probably trained on another model; what is
    merged then is noise.
    """,
    given: """
      Here `recipes/model/unread-keys.json` says `rotary_pct`, which a Llama does not read.
      """,
    wrong: """
      model new "recipes/model/unread-keys.json"
      save "out/new"
      """,
    right: """
      model new "models/llama-gqa/config.json"
      save "out/new"
      """
  )

  static let otherReaders = Explanation(
    "a saved model that other programs refuse or compute differently",
    """
    transformers loads what is saved, and computes the same. Some programs take a size or the kind
    of a block from something that pruning changes: the head size from the hidden size and the
    number of heads, or which blocks attend to all tokens from the block's number. The message
    names such programs and what they read; keep those sizes if the model is meant for them.
    """,
    given: """
      Here `models/qwen2` is a Qwen 2, whose configuration does not give the head size.
      """,
    wrong: """
      model "models/qwen2"
      prune attention_head { by magnitude, remove 50% }
      save "out/smaller"
      """,
    right: """
      model "models/qwen2"
      prune mlp_channel { by magnitude, remove 50% }
      save "out/smaller"
      """
  )
}
