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
    noExampleBecause: "it takes another model than the one in Examples"
  )

  static let otherReaders = Explanation(
    "a saved model that other programs refuse or compute otherwise",
    """
    transformers loads what is saved, and computes the same. Some programs take a size or the kind
    of a block from something that pruning changes: the head size from the hidden size and the
    number of heads, or the blocks that see everything from the block's number. They are named with
    what they take; keep what they count on where the model is meant for them.
    """,
    noExampleBecause: "it takes a model of another family than the one in Examples"
  )
}
