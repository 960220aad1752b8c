import BillhookCore
import Synchronization

/// Criteria and evidence that each break one promise.
enum BrokenCriteria {
  struct NoNumber: DirectCriterion {
    static let name = "no_number"
    static let summary = "Gives one block no number."

    func scores(of units: [PrunableUnit], _ statistics: Statistics) -> [Double] {
      units.map { $0.block == 2 ? .nan : 1 }
    }
  }

  struct TooFew: DirectCriterion {
    static let name = "too_few"
    static let summary = "Forgets the last unit."

    func scores(of units: [PrunableUnit], _ statistics: Statistics) -> [Double] {
      units.dropLast().map { Double($0.number) }
    }
  }

  struct OnlyWholeModels: DirectCriterion {
    static let name = "only_whole_models"
    static let summary = "Does not expect that units may be gone."

    func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
      guard units.first?.number == 0 else { throw DataError("where is unit 0?") }
      return units.map { Double($0.number) }
    }
  }

  /// Gives other scores each time that it is asked.
  struct Drifting: DirectCriterion {
    static let name = "drifting"
    static let summary = "Gives other scores each time."
    static let calls = Atomic<Int>(0)

    func scores(of units: [PrunableUnit], _ statistics: Statistics) -> [Double] {
      let call = Self.calls.add(1, ordering: .relaxed).newValue
      return units.map { Double($0.number + call) }
    }
  }

  struct Undescribed: DirectCriterion {
    static let name = "undescribed"
    static let summary = "Has a parameter that nobody explains."
    static let parameters = [Parameter<Self>("power", \.power, help: "")]
    var power = 1

    func scores(of units: [PrunableUnit], _ statistics: Statistics) -> [Double] {
      units.map { _ in 1 }
    }
  }

  struct ForNothing: DirectCriterion {
    static let name = "for_nothing"
    static let summary = "Is for no unit."
    let granularities: Set<UnitGranularity> = []

    func scores(of units: [PrunableUnit], _ statistics: Statistics) -> [Double] { [] }
  }

  /// Divides by gradients, which are zero before the first step.
  struct NoUpdate: UpdateCriterion {
    static let name = "no_update"
    static let summary = "Divides by zero."
    let granularities: Set<UnitGranularity> = [.channels]
    let reduction = SaliencyReduction()
    let decay = 0.5

    func saliency(of weight: Tensor, _ id: WeightID, _ update: UpdateGradients) throws -> Tensor {
      try weight / update.upGradient.matmul(update.downGradient)
    }
  }

  struct OtherShape: UpdateCriterion {
    static let name = "other_shape"
    static let summary = "Gives a value for each row."
    let granularities: Set<UnitGranularity> = [.heads]
    let reduction = SaliencyReduction()
    let decay = 0.5

    func saliency(of weight: Tensor, _ id: WeightID, _ update: UpdateGradients) throws -> Tensor {
      try weight.sum([1])
    }
  }

  struct Measured: UpdateCriterion {
    static let name = "measured"
    static let summary = "Asks for something to be measured."
    let granularities: Set<UnitGranularity> = [.channels]
    let reduction = SaliencyReduction()
    let decay = 0.5
    let evidence: [any Evidence] = [MeanOfMeans()]

    func saliency(of weight: Tensor, _ id: WeightID, _ update: UpdateGradients) throws -> Tensor {
      try (update.upGradient.matmul(update.down) * weight).abs()
    }
  }

  /// The mean of the batches' means, whatever their sizes.
  struct MeanOfMeans: ActivationEvidence {
    static let name = "mean_of_means"
    static let summary = "The mean of the means of batches."

    func observe(_ batch: BlockActivations) throws -> [Double] {
      [try batch.leaving.pow(2).mean().scalar()]
    }
    func merge(_ one: [Double], _ other: [Double]) -> [Double] { one + other }
    func finish(_ means: [Double]) -> Double { means.reduce(0, +) / Double(means.count) }
  }

  /// Its numbers are shorter in a file than in memory.
  struct Shortened: ActivationEvidence {
    static let name = "shortened"
    static let summary = "Writes f64 as f32."

    struct Sum: TensorBundle {
      let value: Double
      var tensors: [String: Tensor] { get throws { ["value": try Tensor([Float(value)])] } }
      init(_ value: Double) { self.value = value }
      init(tensors: [String: Tensor]) throws { value = try tensors.number("value") }
    }

    func observe(_ batch: BlockActivations) throws -> Sum {
      Sum(try batch.leaving.pow(2).sum(dtype: .float64).scalar())
    }
    func merge(_ one: Sum, _ other: Sum) -> Sum { Sum(one.value + other.value) }
    func finish(_ sum: Sum) -> Double { sum.value }
  }

  /// Forgets in a file how many there were.
  struct Incomplete: ActivationEvidence {
    static let name = "incomplete"
    static let summary = "Leaves out a number."

    struct Mean: TensorBundle {
      let sum: Double
      let count: Int
      var tensors: [String: Tensor] { get throws { ["sum": try Tensor([sum])] } }
      init(sum: Double, count: Int) { (self.sum, self.count) = (sum, count) }
      init(tensors: [String: Tensor]) throws {
        self.init(sum: try tensors.number("sum"), count: try tensors.integer("count"))
      }
    }

    func observe(_ batch: BlockActivations) throws -> Mean {
      Mean(sum: try batch.leaving.sum(dtype: .float64).scalar(), count: batch.leaving.elementCount)
    }
    func merge(_ one: Mean, _ other: Mean) -> Mean {
      Mean(sum: one.sum + other.sum, count: one.count + other.count)
    }
    func finish(_ mean: Mean) -> Double { mean.sum / Double(mean.count) }
  }

  /// What was observed last counts.
  struct Forgetful: GradientEvidence {
    static let name = "forgetful"
    static let summary = "Keeps the last batch."
    let needsSamples = false

    func observe(_ batch: BlockGradients) throws -> Double {
      try batch.gradients.roles.reduce(0) { sum, role in
        try sum + batch.gradients.require(role).norm().scalar() * batch.tokenShare
      }
    }
    func merge(_ one: Double, _ other: Double) -> Double { other }
    func finish(_ norm: Double) -> Double { norm }
  }

  /// Wants the gradients of two weights at once, which come one after the other.
  struct AllAtOnce: GradientEvidence {
    static let name = "all_at_once"
    static let summary = "Wants two weights at once."
    let needsSamples = false

    func observe(_ batch: BlockGradients) throws -> Double {
      try (batch.gradients.require(.gate) * batch.gradients.require(.up)).sum().scalar()
    }
    func merge(_ one: Double, _ other: Double) -> Double { one + other }
    func finish(_ sum: Double) -> Double { sum }
  }

  struct NumberOfBatches: ActivationEvidence {
    static let name = "number_of_batches"
    static let summary = "Counts batches instead of tokens."

    func observe(_ activations: BlockActivations) -> Int { 1 }
    func merge(_ one: Int, _ other: Int) -> Int { one + other }
    func finish(_ count: Int) -> Int { count }
  }

  struct OfMeans: DirectCriterion {
    static let name = "of_means"
    static let summary = "Scores blocks by a mean of means."
    let evidence: [any Evidence] = [MeanOfMeans()]
    let granularities: Set<UnitGranularity> = [.block]

    func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
      try units.map { try statistics.result(of: MeanOfMeans(), inBlock: $0.block) }
    }
  }
}
