import ArgumentParser
import BillhookCore
import BillhookPipeline
import Foundation

/// Where a package finds Billhook.
enum BillhookSource {
  /// A checkout, by its whole path.
  case folder(String)
  /// A repository, from this version on.
  case repository(String)

  /// Reads a path or a URL.
  ///
  /// - Throws: `ValidationError` when the folder holds no Billhook.
  init(_ text: String) throws {
    if text.contains("://") || text.hasPrefix("git@") {
      self = .repository(text)
      return
    }
    guard Self.isCheckout(text) else {
      throw ValidationError(
        "--billhook \(text): expected a folder with Billhook's Package.swift, or the URL of a "
          + "repository"
      )
    }
    self = .folder(FileSystem.resolved(text))
  }

  /// The checkout that this program was built in.
  ///
  /// - Throws: `ValidationError` when it was built elsewhere.
  static func ofThisProgram() throws -> BillhookSource {
    var path = FileSystem.resolved(Bundle.main.executablePath ?? "/")
    while path != "/" {
      path = FileSystem.parent(of: path)
      if isCheckout(path) { return .folder(path) }
    }
    throw ValidationError(
      "this program is not inside a checkout of Billhook; say where one is with --billhook"
    )
  }

  private static func isCheckout(_ folder: String) -> Bool {
    guard let bytes = try? FileSystem.read("\(folder)/Package.swift") else { return false }
    return String(decoding: bytes, as: UTF8.self).contains("name: \"billhook\"")
  }

  /// Refuses a path that no Makefile can hold.
  ///
  /// - Throws: `ValidationError` that names it.
  func check() throws {
    let isOneLine = place.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    guard isOneLine else {
      throw ValidationError(
        "--billhook: expected a path without line ends and other control characters, "
          + "found \(place); move the checkout, or link to it from elsewhere"
      )
    }
  }

  private var place: String {
    switch self {
    case .folder(let path): path
    case .repository(let url): url
    }
  }

  /// The name by which the manifest refers to the package: the end of its path.
  var identity: String {
    let last = place.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? place
    return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
  }

  /// The dependency in the manifest.
  var dependency: String {
    switch self {
    case .folder(let path): ".package(path: \(Quoted.swift(path)))"
    case .repository(let url):
      ".package(url: \(Quoted.swift(url)), from: \"\(BillhookVersion.current)\")"
    }
  }

  /// Where Billhook's files are once the package's dependencies are there.
  var checkout: String {
    switch self {
    case .folder(let path): path
    case .repository: ".build/checkouts/\(identity)"
    }
  }

}
