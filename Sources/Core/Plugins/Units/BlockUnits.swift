public import BillhookModels

/// The units of one kind in one block: all alike, side by side in the same weights.
///
/// A model has hundreds of thousands of channels, so they are described together.
public struct BlockUnits: Sendable, Equatable {
  /// The name of the kind.
  public let kind: String
  /// How much of the block one unit is.
  public let granularity: UnitGranularity
  /// The number of the block.
  public let block: Int
  /// The number of the block's first unit, among all of the kind in the model as it was opened.
  public let start: Int
  /// The positions of the units that are still there, in the block as it was opened; in ascending
  /// order.
  public let places: [Int]
  /// The slices of weights that belong to each unit, and go with it.
  public let slices: [Slice]
  /// The number of units that have to stay.
  public var minimum = 0
  /// The number of sets of neighbours, equal in size, that have to lose equally many units each:
  /// query heads in their KV groups.
  public var sets = 1
  /// Where any unit goes, the number that stays is a multiple of this.
  public var multiple = 1

  /// Describes the units of a block.
  public init(
    kind: String,
    granularity: UnitGranularity,
    block: Int,
    start: Int,
    places: [Int],
    slices: [Slice]
  ) {
    self.kind = kind
    self.granularity = granularity
    self.block = block
    self.start = start
    self.places = places
    self.slices = slices
  }

  /// One unit that owns some weights of a block as a whole.
  public init(
    kind: String,
    granularity: UnitGranularity,
    block: BlockShape,
    weights: [(id: WeightID, shape: [Int])]
  ) {
    self.init(
      kind: kind,
      granularity: granularity,
      block: block.sourceIndex,
      start: block.sourceIndex,
      places: [0],
      slices: weights.map { Slice(whole: $0.id, shape: $0.shape) }
    )
  }

  /// The number of units.
  public var count: Int { places.count }

  /// The parameters that go with one unit.
  public var parameterCount: Int { slices.reduce(0) { $0 + $1.parameterCount } }

  /// The unit at an index of `places`.
  public func unit(_ index: Int) -> PrunableUnit {
    PrunableUnit(
      kind: kind,
      granularity: granularity,
      number: start + places[index],
      block: block,
      place: places[index],
      parameterCount: parameterCount
    )
  }

  /// All units, in order.
  public var all: [PrunableUnit] { units(at: places.indices) }

  /// The units at some indices of `places`, in their order.
  func units(at indices: some Sequence<Int>) -> [PrunableUnit] {
    // Counted once, and not for each of them.
    let count = parameterCount
    return indices.map { index in
      PrunableUnit(
        kind: kind,
        granularity: granularity,
        number: start + places[index],
        block: block,
        place: places[index],
        parameterCount: count
      )
    }
  }
}

extension BlockUnits {
  /// The number of steps that can be taken, each of one unit, or of as many as have to go together.
  public var stepCount: Int {
    let free = count - max(minimum, multiple > 1 ? multiple : 0)
    return free < firstStep ? 0 : 1 + (free - firstStep) / (sets * multiple)
  }

  /// The number of units that are gone after some steps.
  public func gone(after steps: Int) -> Int {
    steps == 0 ? 0 : firstStep + (steps - 1) * sets * multiple
  }

  /// The number of units that go with every step but the first, which goes to the next multiple.
  var stepSize: Int { sets * multiple }

  /// The number of units that go with the first step, to the next multiple.
  private var firstStep: Int {
    let rest = count % (sets * multiple)
    return rest == 0 ? sets * multiple : rest
  }

  /// The number of units that can go at most.
  var removableCount: Int { gone(after: stepCount) }
}
