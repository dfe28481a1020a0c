// swift-tools-version: 6.2
// 6.2 and no newer: the newest Swift that Debian ships for Linux/arm64 is 6.2.3.
import PackageDescription

// The CPU the whole package is built for. `native` is this machine's own; DDP_TRAIN_CPU names another,
// in clang's words: x86-64-v4 (AVX-512), x86-64-v3 (AVX2 + FMA), x86-64-v2 (neither), neoverse-v2, … `generic` is the least of
// either architecture.
// Every target gets the same one: a vector type must mean the same registers on both sides of a call.
let cpu = Context.environment["DDP_TRAIN_CPU"] ?? "native"
#if arch(arm64)
  let cpuFlag = "-mcpu=\(cpu)"
#else
  let cpuFlag = "-march=\(cpu == "generic" ? "x86-64" : cpu)"
#endif

let swiftForThisCPU: [SwiftSetting] = [.unsafeFlags(["-Xcc", cpuFlag])]
// -Ounchecked also removes preconditions, so it is for Kernels alone, whose callers check and throw.
let uncheckedKernels: [SwiftSetting] = swiftForThisCPU + [.unsafeFlags(["-Ounchecked"], .when(configuration: .release))]
// What runs once per run, or for people, and tests that do not compute. Optimising it would take a third of a build's time.
let plain: [SwiftSetting] = swiftForThisCPU + [.unsafeFlags(["-Onone"], .when(configuration: .release))]
let cForThisCPU: [CSetting] = [.unsafeFlags([cpuFlag])]

let package = Package(
  name: "ddp-train",
  products: [
    .executable(name: "ddp-train", targets: ["ddp-train"]), .executable(name: "ddp-launch", targets: ["ddp-launch"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    // One core's arithmetic. No Foundation below this line, so that all of it also builds as Embedded Swift.
    .target(name: "CSIMD", cSettings: cForThisCPU),
    // Never built for this CPU: it says so where this CPU is not the one.
    .target(name: "CGuard", dependencies: ["CSIMD"]),
    .target(name: "CSME2"),
    .target(name: "Kernels", dependencies: ["CSIMD"], swiftSettings: uncheckedKernels),
    .target(name: "GPT", dependencies: ["CSIMD", "CSME2", "Kernels"], swiftSettings: swiftForThisCPU),
    // The model once more, from single operations that remember themselves.
    .target(name: "Autograd", dependencies: ["GPT", "Kernels"], swiftSettings: swiftForThisCPU),

    // Text: numbers as people write them and their ranges; tables, and text made safe to print.
    .target(name: "Values", swiftSettings: swiftForThisCPU),

    // Files: names in, tensors in and out, runs that survive their process.
    // No pkgConfig: it would link a library of which only inlined functions are used.
    .systemLibrary(name: "CXXHash", providers: [.apt(["libxxhash-dev"])]),
    .target(name: "Files", dependencies: ["CXXHash"], swiftSettings: swiftForThisCPU),
    .target(name: "Dataset", dependencies: ["Files", "Values"], swiftSettings: swiftForThisCPU),
    .target(name: "SafeTensors", dependencies: ["Files", "Values"], swiftSettings: swiftForThisCPU),
    // Its library is loaded when it is needed: nothing links it.
    .target(name: "CCrypto"),
    // Digests that show what a run was. Knows no MPI, and no model.
    .target(name: "Chain", dependencies: ["CCrypto"], swiftSettings: swiftForThisCPU),
    .target(
      name: "Checkpoints", dependencies: ["Chain", "Dataset", "Files", "GPT", "SafeTensors", "Values"],
      swiftSettings: swiftForThisCPU),

    // Many ranks.
    .target(name: "CHost", cSettings: cForThisCPU),
    // Its library is loaded when it is needed: without a pkgConfig nothing links it.
    .target(name: "CHwloc"),
    // Cores, caches and memory, and the places that ranks can have. A run that is starting asks for its mask alone.
    .target(name: "Topology", dependencies: ["CHost", "CHwloc"], swiftSettings: swiftForThisCPU),
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),
    .target(name: "MPI", dependencies: ["CMPI", "Values"], swiftSettings: swiftForThisCPU),
    .target(
      name: "DataParallel",
      dependencies: ["CHost", "CSIMD", "Dataset", "Files", "GPT", "Kernels", "MPI", "Topology", "Values"],
      swiftSettings: swiftForThisCPU),

    // Starting jobs, and seeing to it that they end well. Knows no MPI: it runs where MPI is missing.
    .target(
      name: "Launch",
      dependencies: [
        "CHost", "Files", "Topology", "Values", .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: plain),
    // Before a run: what this machine, and this placement of ranks, will do to it.
    .target(
      name: "Doctor",
      dependencies: [
        "CGuard", "CHost", "CSIMD", "CSME2", "DataParallel", "Files", "GPT", "Launch", "MPI", "Schemas", "Topology",
        "Values",
      ],
      swiftSettings: plain),

    // The laboratory. Whoever links CAllocations has its allocator: only what measures, and its tests.
    .target(name: "CAllocations"),
    // What leaves the program as JSON or CSV. Knows no MPI, so that its readers can be fuzzed.
    .target(name: "Schemas", dependencies: ["Values"], swiftSettings: swiftForThisCPU),
    .target(
      name: "Laboratory",
      dependencies: [
        "Autograd", "CAllocations", "CHost", "CSIMD", "DataParallel", "Files", "GPT", "Kernels", "MPI", "Schemas",
        "Values", .product(name: "Mustache", package: "swift-mustache"),
      ],
      swiftSettings: plain),
    // This build against runs computed elsewhere.
    .target(name: "Reference", dependencies: ["CSIMD", "GPT", "SafeTensors"], swiftSettings: swiftForThisCPU),

    // The program.
    .target(
      name: "Options",
      dependencies: [
        "Files", "Values", "Yams", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftForThisCPU),
    .executableTarget(
      name: "ddp-train",
      dependencies: [
        "CAllocations", "CGuard", "CHost", "CSIMD", "CSME2", "Chain", "Checkpoints", "DataParallel", "Dataset",
        "Doctor",
        "Files", "GPT", "Laboratory", "Launch", "MPI", "Options", "Reference", "Schemas", "Topology", "Values",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: plain),

    // Starts it. Links neither MPI nor, before it needs it, hwloc.
    .executableTarget(
      name: "ddp-launch",
      dependencies: ["Files", "Launch", "Values", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: plain),

    // Tests, from the inside out: one kernel, one model, files, measurement, many ranks.
    .target(
      name: "TestSupport", dependencies: ["Dataset", "Files", "SafeTensors"], path: "Tests/Support/TestSupport",
      swiftSettings: swiftForThisCPU),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"], swiftSettings: swiftForThisCPU),
    .testTarget(name: "GPTTests", dependencies: ["Autograd", "GPT", "TestSupport"], swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "AutogradTests", dependencies: ["Autograd", "GPT", "Reference", "TestSupport"],
      swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "ReferenceTests", dependencies: ["GPT", "Reference", "SafeTensors", "TestSupport"],
      swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "FilesTests", dependencies: ["Files", "TestSupport"], swiftSettings: plain),
    .testTarget(name: "ChainTests", dependencies: ["Chain"], swiftSettings: plain),
    .testTarget(name: "DatasetTests", dependencies: ["Dataset", "TestSupport"], swiftSettings: plain),
    .testTarget(name: "SchemasTests", dependencies: ["Schemas", "TestSupport"], swiftSettings: plain),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Chain", "Checkpoints", "GPT", "SafeTensors", "TestSupport"],
      swiftSettings: plain),
    .testTarget(
      name: "SafeTensorsTests", dependencies: ["SafeTensors", "TestSupport"], swiftSettings: plain),
    // Hostile files for every reader; Tests/fuzz/run builds it with Address Sanitizer.
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "Checkpoints", "Dataset", "GPT", "Options", "SafeTensors", "Schemas", "TestSupport",
      ],
      path: "Tests/Support/fuzz", swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "LaboratoryTests",
      dependencies: [
        "CAllocations", "DataParallel", "Dataset", "Files", "GPT", "Laboratory", "Schemas", "TestSupport",
      ],
      swiftSettings: plain),
    .testTarget(name: "TopologyTests", dependencies: ["TestSupport", "Topology"], swiftSettings: plain),
    .testTarget(
      name: "DoctorTests",
      dependencies: ["DataParallel", "Doctor", "GPT", "Launch", "Schemas", "TestSupport", "Topology"],
      swiftSettings: plain),
    .testTarget(
      name: "LaunchTests", dependencies: ["Files", "Launch", "TestSupport", "Topology", "Values"],
      swiftSettings: plain),
    .testTarget(
      name: "OptionsTests",
      dependencies: [
        "Options", "TestSupport", "Values", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: plain),
    // The command line's units, without ranks.
    .testTarget(
      name: "ProgramTests",
      dependencies: ["DataParallel", "GPT", "Launch", "Options", "TestSupport", "Values", "ddp-train"],
      swiftSettings: plain
    ),
    // MPIRunSupport starts jobs; mpi-exercise is the program of the MPI tests' jobs.
    .target(name: "MPIRunSupport", dependencies: ["TestSupport"], path: "Tests/Support/MPIRun"),
    .executableTarget(
      name: "mpi-exercise", dependencies: ["MPI"], path: "Tests/Support/mpi-exercise", swiftSettings: swiftForThisCPU),
    // The CPU's guard with needs that no CPU meets. For any CPU, as the guard is.
    .executableTarget(
      name: "guard-exercise", path: "Tests/Support/guard-exercise",
      cSettings: [
        .headerSearchPath("../../../Sources/CGuard/include"), .headerSearchPath("../../../Sources/CSIMD/include"),
      ]),
    .testTarget(
      name: "CGuardTests", dependencies: ["CGuard", "MPIRunSupport", "guard-exercise"], swiftSettings: plain),
    // Slow and full disks, and file systems without locks, for the jobs' programs.
    .executableTarget(name: "hinder", path: "Tests/Support/hinder"),
    .testTarget(
      name: "MPITests", dependencies: ["MPI", "MPIRunSupport", "mpi-exercise"], swiftSettings: plain),
    // The program of the strategies' jobs.
    .executableTarget(
      name: "sync-exercise", dependencies: ["CAllocations", "DataParallel", "Dataset", "GPT", "MPI"],
      path: "Tests/Support/sync-exercise", swiftSettings: swiftForThisCPU),
    // Jobs in a container that forbids ranks to read each other's memory.
    .executableTarget(name: "no-single-copy", path: "Tests/Support/no-single-copy"),
    .testTarget(
      name: "DataParallelTests",
      dependencies: ["DataParallel", "Dataset", "GPT", "Kernels", "TestSupport", "Topology", "Values"],
      swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "JobTests",
      dependencies: [
        "CHost", "Dataset", "GPT", "Kernels", "MPIRunSupport", "SafeTensors", "TestSupport", "Topology", "ddp-launch",
        "ddp-train",
        "hinder", "no-single-copy", "sync-exercise",
      ],
      swiftSettings: plain),
  ],
  swiftLanguageModes: [.v6]
)
