/// A closure that is called between two pieces of the work on a block, with the share of it that is
/// done; an error that it throws ends the work.
///
/// Where gradients are taken, it is called in the backward pass as well, with falling shares.
public typealias BetweenPieces = (_ share: Double) throws -> Void
