public import BillhookCore

/// Tries a plugin on tiny random models, and says which promises it breaks.
///
/// Made for the tests of plugin authors, with any test library:
///
///     #expect(try Conformance.violations(of: MyCriterion()) == [])
///
/// A few seconds are enough for each plugin. Numbers from a paper or its code are not compared:
/// those belong in the author's own tests.
public enum Conformance {
  /// The promises of its kind that a plugin breaks, each at most once.
  ///
  /// - Parameters:
  ///   - plugin: The plugin, set as it is to be tried. A recovery needs a few steps, such as
  ///     `steps = 4` and `batch = 4`; an allocation with a number for each block needs
  ///     `TinyModel.blockCount` of them.
  ///   - excused: Promises that the plugin need not keep.
  ///   - isFrozen: The weights that a recovery must leave alone.
  /// - Returns: The violations; none for a plugin that keeps every promise.
  /// - Throws: What prevents the trial itself, such as a full disk.
  public static func violations(
    of plugin: any Plugin,
    except excused: Set<Promise> = [],
    frozen isFrozen: (WeightID) -> Bool = { _ in false }
  ) throws -> [Violation] {
    let models = plugin is any Quantiser ? [TinyModel.wide] : TinyModel.allCases
    return try violations(of: plugin, on: models, except: excused, frozen: isFrozen)
  }

  /// The promises that a plugin breaks on the given models.
  package static func violations(
    of plugin: any Plugin,
    on models: [TinyModel],
    except excused: Set<Promise> = [],
    frozen isFrozen: (WeightID) -> Bool = { _ in false }
  ) throws -> [Violation] {
    var verdict = Verdict(excused)
    verdict.check(declarationOf: plugin)
    // What cannot be registered cannot be tried.
    guard verdict.violations.isEmpty else { return verdict.violations }
    for model in models {
      try Trial.with(model) { trial in
        switch plugin {
        case let unit as any PruningUnit: trial.check(unit, &verdict)
        case let unit as any SparseUnit: trial.check(unit, &verdict)
        case let criterion as any Criterion: trial.check(criterion, &verdict)
        case let evidence as any Evidence: trial.check(evidence, &verdict)
        case let allocation as any Allocation: trial.check(allocation, &verdict)
        case let search as any Search: trial.check(search, &verdict)
        case let refiner as any Refiner: trial.check(refiner, &verdict)
        case let repair as any Repair: trial.check(repair, &verdict)
        case let quantiser as any Quantiser: trial.check(quantiser, &verdict)
        case let recovery as any Recovery: trial.check(recovery, frozen: isFrozen, &verdict)
        case let source as any DataSource: trial.check(source, &verdict)
        case let evaluation as any Evaluation: trial.check(evaluation, &verdict)
        case let format as any Format: trial.check(format, &verdict)
        default: break
        }
      }
      // What a run keeps of its work does not depend on the model, and each try is several runs.
      verdict.excuse(.resumes)
    }
    return verdict.violations
  }
}
