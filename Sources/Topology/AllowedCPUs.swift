import CHost

/// The CPUs that this thread may use, ascending; empty where a system does not tell.
///
/// One system call, and no hwloc: a run asks at each start.
public func allowedCPUs() -> [Int] { cpus(of: allowedMask()) }

/// The same as the kernel has it: one bit per CPU, CPU 0 in the lowest of the first word. Zeros where it does not tell.
public func allowedMask() -> [UInt64] {
  var mask = [UInt64](repeating: 0, count: Int(CHOST_MASK_WORDS))
  return chost_allowed_cpus(&mask) == 0 ? mask : mask.map { _ in 0 }
}

/// The CPUs of a mask, ascending.
public func cpus(of mask: [UInt64]) -> [Int] {
  (0..<mask.count * 64).filter { mask[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
}
