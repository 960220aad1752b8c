@testable import BillhookFiles
import Testing

@testable import BillhookTokenizer

@Suite struct LibraryNumberTests {
  /// Bits that the library read; the first three are not those of the nearest number.
  private static let numbers: [(text: String, bits: UInt64)] = [
    ("-18.956549741186986", 0xc032_f4e0_719f_6536), ("-12.118883313569249", 0xc028_3cde_460f_a3db),
    ("-12.136034672816757", 0xc028_45a6_562d_bd74),
    ("123456789012345678901234567890", 0x45f8_ee90_ff6c_373e),
    ("18446744073709551616.5", 0x43f0_0000_0000_0000),
    ("1.23456789012345678901234567890", 0x3ff3_c0ca_428c_59fb),
    ("-4.9e-324", 0x8000_0000_0000_0001), ("123e-330", 0), ("0e999", 0),
    ("-0.0", 0x8000_0000_0000_0000), ("5", 0x4014_0000_0000_0000),
    ("5E+0", 0x4014_0000_0000_0000),
  ]

  @Test(arguments: numbers)
  func readsAsTheLibraryDoes(text: String, bits: UInt64) {
    #expect(LibraryNumber.double(text)?.bitPattern == bits)
  }

  @Test(arguments: ["1e309", "-1e309", "17e308", "1e99999999999999999999"])
  func whatIsTooLargeIsNone(text: String) {
    #expect(LibraryNumber.double(text) == nil)
  }

  /// An exponent as long as this costs nothing.
  @Test func whatIsTooSmallIsZero() {
    #expect(LibraryNumber.double("1e-99999999999999999999") == 0)
  }
}
