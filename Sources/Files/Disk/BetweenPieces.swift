/// Called between two pieces of the work on a block, with the share of it that is done; what it throws
/// ends the work.
///
/// Where gradients are taken, it is called on the way back as well, with falling shares.
public typealias BetweenPieces = (_ share: Double) throws -> Void
