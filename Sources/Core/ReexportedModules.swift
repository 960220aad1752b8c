// A plugin author imports BillhookCore, and has all that plugins are made of: tensors, weights and
// shapes of a model, token windows, the traversal. (Swift has no official spelling for this yet;
// SwiftPM's own packages and the standard library use this one.)
@_exported public import BillhookEngine
@_exported public import BillhookFiles
@_exported public import BillhookJinja
@_exported public import BillhookModels
@_exported public import BillhookTokenizer
@_exported public import BillhookTorch
