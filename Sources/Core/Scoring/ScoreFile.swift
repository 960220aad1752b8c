/// The file that every scoring writes, and that `by scores` reads back.
///
/// Columns: the unit's number, its score, and for losses the perplexity.
package enum ScoreFile {
  package static func text(_ scores: Scores) -> String {
    var lines = ["unit,score" + (scores.scale == .loss ? ",perplexity" : "")]
    for (index, unit) in scores.units.enumerated() {
      let perplexity = scores.scale == .loss ? ",\(scores.shown(index))" : ""
      lines.append("\(unit.number),\(scores.values[index])\(perplexity)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
