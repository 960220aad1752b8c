import BillhookPlugins
import BillhookRunner

BillhookRunner.main(
  plugins: BuiltinPlugins.all + [AddedShare.self, RelativeMagnitude.self, NormTuning.self]
)
