import CHost

/// Keeps this process on the core whose place among those of this host is its local rank.
///
/// mpirun's own --bind-to looks at no mask; this does, and host by host.
///
/// - Parameters:
///   - localRank: from 0.
///   - localRanks: more than there are cores stay free, so that two that share a core can move apart.
/// - Returns: false where the system refuses.
public func bindToOwnCore(localRank: Int, localRanks: Int, of cores: UsableCores = .ofThisHost()) -> Bool {
  guard localRanks <= cores.cores.count, cores.cores.indices.contains(localRank) else { return true }
  var mask = [UInt64](repeating: 0, count: Int(CHOST_MASK_WORDS))
  for cpu in cores.cores[localRank] { mask[cpu / 64] |= 1 << UInt64(cpu % 64) }
  return chost_allow_cpus(mask) == 0
}
