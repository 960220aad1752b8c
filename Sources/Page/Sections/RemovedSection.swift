import BillhookCore
import BillhookPipeline

/// What went where: for each kind of units a map of blocks, a row for each removal; and where a block
/// has few units, a map of the units themselves.
struct RemovedSection {
  let report: Report

  /// The most units of a block that are shown one by one.
  private static let mostUnits = 64
  /// The most maps of single units.
  private static let mostMaps = 12

  var section: PageSection {
    let kinds = report.removals.flatMap { $0.removed.keys.sorted() }.uniqued
    return PageSection("What went", note(kinds), figures: kinds.flatMap { [map($0)] + units($0) })
  }

  /// What is left out.
  private func note(_ kinds: [String]) -> [Markup] {
    guard kinds.contains(where: { removals($0).count > Self.mostMaps }) else { return [] }
    let text =
      "Single units are shown of the first \(Self.mostMaps) removals of their kind; report.json has all."
    return [Markup("p", ["class": "soft"], ["\(text)"])]
  }

  /// The removals that took units of a kind, with their numbers among all removals.
  private func removals(_ kind: String) -> [(number: Int, removal: Report.Removal)] {
    report.removals.enumerated().compactMap { index, removal in
      removal.removed[kind] == nil || removal.layouts[kind]?.isEmpty != false
        ? nil : (index + 1, removal)
    }
  }

  private func map(_ kind: String) -> Figure {
    let rows = removals(kind).map { number, removal in
      let layout = removal.layouts[kind] ?? []
      var gone = [Int](repeating: 0, count: layout.count)
      for (block, _) in Self.places(removal.removed[kind] ?? [], layout) { gone[block] += 1 }
      return BlockMap.Row(
        name: "\(number)",
        label: Self.label(removal),
        shares: zip(gone, layout).map { $1 == 0 ? nil : Double($0) / Double($1) }
      )
    }
    return BlockMap(title: "\(kind): what went of each block", rows: rows).figure
  }

  private func units(_ kind: String) -> [Figure] {
    removals(kind).prefix(Self.mostMaps).compactMap { number, removal in
      let layout = removal.layouts[kind] ?? []
      guard let most = layout.max(), (2...Self.mostUnits).contains(most) else { return nil }
      let places = Self.places(removal.removed[kind] ?? [], layout)
      let gone = Set(places.map { $0.block * most + $0.unit })
      let rows = (0..<most).map { unit in
        BlockMap.Row(
          name: "\(unit)",
          label: "\(kind) \(unit) of its block",
          shares: layout.enumerated().map { block, count in
            unit < count ? (gone.contains(block * most + unit) ? 1 : 0) : nil
          }
        )
      }
      let title = "\(kind), removal \(number): \(Self.label(removal))"
      return BlockMap(title: title, rows: rows, axes: ("\(kind) of its block", "block")).figure
    }
  }

  /// In which blocks units are, and which of the block's units they are.
  ///
  /// - Parameters:
  ///   - numbers: The numbers of units over the opened model.
  ///   - layout: The number of units of each block.
  /// - Returns: The places of those that the layout has.
  static func places(_ numbers: [Int], _ layout: [Int]) -> [(block: Int, unit: Int)] {
    var places: [(block: Int, unit: Int)] = []
    var (block, start) = (0, 0)
    for number in numbers.sorted() where number >= 0 {
      while block < layout.count, number >= start + layout[block] {
        start += layout[block]
        block += 1
      }
      guard block < layout.count else { break }
      places.append((block, number - start))
    }
    return places
  }

  private static func label(_ removal: Report.Removal) -> String {
    let place = removal.branches.isEmpty ? "" : "\(removal.branches.label): "
    return place + removal.amount + (removal.criterion.map { " by \($0)" } ?? "")
  }
}
