import BillhookEngine

extension SequentialOrder: Choice {}
