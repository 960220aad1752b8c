// Whoever writes a plugin imports BillhookCore and has what plugins are made of: tensors, and the
// weights and shapes of a model. (Swift has no official spelling for this yet; SwiftPM's own
// packages and the standard library use this one.)
@_exported public import BillhookModels
@_exported public import BillhookTorch
