/// The format of a file that is not text, known by its first bytes, and how to convert it to text.
package enum FileFormat: CaseIterable {
  case gzip, zstd, xz, bzip2, zip, tar, parquet, arrow, arrowStream, utf32, utf16, pdf, numpy,
    sqlite

  /// How many bytes tell all formats apart.
  package static let longestStart = 265
  /// The offset of the magic bytes in a tar archive.
  private static let tarMark = 257

  /// The format of a file that begins with these bytes; nil where they match none.
  package init?(_ start: some Sequence<UInt8>) {
    let start = Array(start)
    // Zeros in every second byte mean ASCII text in UTF-16 without a byte order mark.
    let zeros = start.prefix(4).map { $0 == 0 }
    let isWide = zeros == [false, true, false, true] || zeros == [true, false, true, false]
    let format = Self.allCases.first { format in
      format.signatures.contains { start.starts(with: $0) }
    }
    let mark = start.dropFirst(Self.tarMark)
    let isTar = ["ustar\0", "ustar  \0"].contains { mark.starts(with: $0.utf8) }
    guard let found = format ?? (isTar ? .tar : nil) ?? (isWide ? .utf16 : nil) else { return nil }
    self = found
  }

  private var signatures: [[UInt8]] {
    switch self {
    case .gzip: [[0x1F, 0x8B]]
    case .zstd: [[0x28, 0xB5, 0x2F, 0xFD]]
    case .xz: [[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]]
    case .bzip2: [Array("BZh".utf8)]
    case .zip: [[0x50, 0x4B, 0x03, 0x04]]
    // Its magic bytes are not at the beginning.
    case .tar: []
    case .parquet: [Array("PAR1".utf8)]
    case .arrow: [Array("ARROW1".utf8)]
    case .arrowStream: [[0xFF, 0xFF, 0xFF, 0xFF]]
    case .utf32: [[0xFF, 0xFE, 0x00, 0x00], [0x00, 0x00, 0xFE, 0xFF]]
    case .utf16: [[0xFF, 0xFE], [0xFE, 0xFF]]
    case .pdf: [Array("%PDF-".utf8)]
    case .numpy: [[0x93] + Array("NUMPY".utf8)]
    case .sqlite: [Array("SQLite format 3".utf8)]
    }
  }

  private var name: String {
    switch self {
    case .gzip: "gzip"
    case .zstd: "zstd"
    case .xz: "xz"
    case .bzip2: "bzip2"
    case .zip: "a zip archive"
    case .tar: "a tar archive"
    case .parquet: "parquet"
    case .arrow, .arrowStream: "arrow"
    case .utf32: "UTF-32"
    case .utf16: "UTF-16"
    case .pdf: "PDF"
    case .numpy: "a numpy array"
    case .sqlite: "an SQLite database"
    }
  }

  /// What the file is, with a command that converts it to text where there is one.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - isUnpacked: Whether this is the format of what a gzip file contains.
  /// - Returns: The text of an error, to follow the file's name.
  package func problem(_ path: String, isUnpacked: Bool = false) -> String {
    let found = isUnpacked ? "gzip that holds \(name)" : name
    // `tar` unpacks by itself.
    let command = isUnpacked && self != .tar ? Self.gzip.conversion(path) : conversion(path)
    return "is \(found), not text in UTF-8" + (command.map { "; this makes it: \($0)" } ?? "")
  }

  private func conversion(_ path: String) -> String? {
    let file = Self.quoted(path)
    // The name without its last extension, or with one added where it has none.
    let stem = path.lastIndex(of: ".").map { String(path[..<$0]) } ?? "\(path).unpacked"
    let (plain, records) = (Self.quoted(stem), Self.quoted("\(stem).jsonl"))
    func pandas(_ code: String) -> String { "python3 -c '\(code)' \(file) \(records)" }
    switch self {
    case .gzip: return "gzip -dc \(file) > \(plain)"
    case .zstd: return "zstd -dc \(file) > \(plain)"
    case .xz: return "xz -dc \(file) > \(plain)"
    case .bzip2: return "bzip2 -dc \(file) > \(plain)"
    case .zip: return "unzip -p \(file) > \(plain)"
    case .tar:
      let name = stem.lowercased().hasSuffix(".tar") ? String(stem.dropLast(4)) : stem
      return "tar -xOf \(file) > \(Self.quoted(name))"
    case .parquet: return pandas("import sys, pandas; pandas.read_parquet(\(Self.toLines)")
    case .arrow: return pandas("import sys, pandas; pandas.read_feather(\(Self.toLines)")
    case .arrowStream:
      let read = "d.Dataset.from_file(sys.argv[1])"
      return pandas("import sys, datasets as d; \(read).to_json(sys.argv[2])")
    case .utf16, .utf32:
      let utf8 = Self.quoted("\(path).utf8")
      return "iconv -f \(self == .utf16 ? "UTF-16" : "UTF-32") -t UTF-8 \(file) > \(utf8)"
    case .pdf, .numpy, .sqlite: return nil
    }
  }

  /// The problem of a file that is a CSV or TSV table by its name, with a command that converts it
  /// to JSON Lines; nil for other names.
  package static func tableProblem(_ path: String) -> String? {
    // pandas unpacks by itself.
    let plain = path.lowercased().hasSuffix(".gz") ? String(path.dropLast(3)) : path
    let name = plain.lowercased()
    let isTabbed = name.hasSuffix(".tsv")
    guard isTabbed || name.hasSuffix(".csv") else { return nil }
    let separator = isTabbed ? #", sep="\t""# : ""
    let read = "pandas.read_csv(sys.argv[1]\(separator))"
    let code = "import sys, pandas; \(read).to_json(sys.argv[2], orient=\"records\", lines=True)"
    return "is \(isTabbed ? "TSV" : "CSV") by its name, not JSON; this makes it: "
      + "python3 -c '\(code)' \(quoted(path)) \(quoted("\(plain.dropLast(4)).jsonl"))"
  }

  private static let toLines =
    #"sys.argv[1]).to_json(sys.argv[2], orient="records", lines=True)"#

  /// A path as a shell reads it.
  private static func quoted(_ path: String) -> String {
    let parts = path.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: #"'\''"#) + "'"
  }
}
