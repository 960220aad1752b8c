import BillhookRecipe

// What is said of models that come from elsewhere, and of those that go there.

extension Explanation {
  static let remarkableModel = Explanation(
    "something about the model or its adapter that is passed over, or looks wrong",
    """
    The recipe runs all the same. Keys of config.json that the classes of the family do not read
    change nothing there, so they are passed over here as well, and stay in what is saved; if one
    of them means something to you, this is another model than you think. An adapter that names
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
    "a saved model that other programs refuse or compute otherwise",
    """
    transformers loads what is saved, and computes the same. Some programs take a size or the kind
    of a block from something that pruning changes: the head size from the hidden size and the
    number of heads, or the blocks that see everything from the block's number. They are named with
    what they take; keep what they count on where the model is meant for them.
    """,
    given: """
      Here `models/qwen2` is a Qwen 2, which says its head size nowhere else.
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
