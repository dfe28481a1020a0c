// swift-tools-version: 6.2
// 6.2 and no newer: the newest Swift that Debian ships for Linux/arm64 is 6.2.3.
import PackageDescription

// The CPU the whole package is built for. `native` is this machine's own; DDP_TRAIN_CPU names another,
// in clang's words: x86-64-v4 (AVX-512), x86-64-v3 (AVX2 + FMA), x86-64 (neither), neoverse-v2, …
// Every target gets the same one: a vector type must mean the same registers on both sides of a call.
let cpu = Context.environment["DDP_TRAIN_CPU"] ?? "native"
#if arch(arm64)
  let cpuFlag = "-mcpu=\(cpu)"
#else
  let cpuFlag = "-march=\(cpu)"
#endif

let swiftForThisCPU: [SwiftSetting] = [.unsafeFlags(["-Xcc", cpuFlag])]
// -Ounchecked also removes preconditions, so it is for Kernels alone, whose callers check and throw.
let uncheckedKernels: [SwiftSetting] = swiftForThisCPU + [.unsafeFlags(["-Ounchecked"], .when(configuration: .release))]
let cForThisCPU: [CSetting] = [.unsafeFlags([cpuFlag])]

let package = Package(
  name: "ddp-train",
  products: [.executable(name: "ddp-train", targets: ["ddp-train"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
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

    // Files: names in, tensors in and out.
    // No pkgConfig: it would link a library of which only inlined functions are used.
    .systemLibrary(name: "CXXHash", providers: [.apt(["libxxhash-dev"])]),
    .target(name: "RegularFiles", swiftSettings: swiftForThisCPU),
    .target(name: "Dataset", dependencies: ["CXXHash", "RegularFiles"], swiftSettings: swiftForThisCPU),
    .target(name: "SafeTensors", dependencies: ["RegularFiles"], swiftSettings: swiftForThisCPU),

    // Options in YAML.
    .target(name: "Configuration", dependencies: ["RegularFiles", "Yams"], swiftSettings: swiftForThisCPU),

    // This build against runs computed elsewhere.
    .target(name: "Reference", dependencies: ["CSIMD", "GPT", "SafeTensors"], swiftSettings: swiftForThisCPU),

    // Runs that survive their process.
    .target(
      name: "Checkpoints", dependencies: ["Dataset", "GPT", "RegularFiles", "SafeTensors"],
      swiftSettings: swiftForThisCPU),

    // Many ranks.
    .target(name: "CSpin", cSettings: cForThisCPU),
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),
    .target(name: "MPI", dependencies: ["CMPI"], swiftSettings: swiftForThisCPU),
    .target(
      name: "DataParallel",
      dependencies: ["CXXHash", "CSIMD", "CSpin", "Kernels", "GPT", "MPI", "Dataset"],
      swiftSettings: swiftForThisCPU),

    // Measurement.
    .target(name: "CMeasure"),
    .target(
      name: "Scaling", dependencies: ["Autograd", "CMeasure", "CSIMD", "Kernels", "GPT", "MPI", "DataParallel"],
      swiftSettings: swiftForThisCPU),

    // Before a run: what this machine, and this placement of ranks, will do to it.
    .target(
      name: "Doctor", dependencies: ["CMeasure", "CGuard", "CSIMD", "CSME2", "GPT", "MPI", "DataParallel"],
      swiftSettings: swiftForThisCPU),

    // What was measured as JSON, CSV, text and a page. Figures are gnuplot's.
    .target(
      name: "Reports", dependencies: ["Scaling", .product(name: "Mustache", package: "swift-mustache")],
      swiftSettings: swiftForThisCPU),

    .executableTarget(
      name: "ddp-train",
      dependencies: [
        "CGuard", "CSIMD", "CSME2", "GPT", "MPI", "RegularFiles", "Dataset", "Reference", "DataParallel",
        "Autograd", "Scaling", "Doctor", "Reports", "Checkpoints", "Configuration",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: swiftForThisCPU),

    // Tests, from the inside out: one kernel, one model, files, measurement, many ranks.
    .target(name: "TestSupport", path: "Tests/Support/TestSupport", swiftSettings: swiftForThisCPU),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"], swiftSettings: swiftForThisCPU),
    .testTarget(name: "GPTTests", dependencies: ["Autograd", "GPT", "TestSupport"], swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "AutogradTests", dependencies: ["Autograd", "GPT", "Reference", "TestSupport"],
      swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "ReferenceTests", dependencies: ["GPT", "Reference", "SafeTensors", "TestSupport"],
      swiftSettings: swiftForThisCPU),
    .testTarget(name: "DatasetTests", dependencies: ["Dataset", "TestSupport"], swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "GPT", "SafeTensors", "TestSupport"],
      swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "SafeTensorsTests", dependencies: ["SafeTensors", "TestSupport"], swiftSettings: swiftForThisCPU),
    // Hostile files for every reader; Tests/fuzz/run builds it with Address Sanitizer.
    .executableTarget(
      name: "fuzz", dependencies: ["Checkpoints", "Configuration", "Dataset", "GPT", "SafeTensors"],
      path: "Tests/Support/fuzz", swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "ScalingTests",
      dependencies: ["Autograd", "CMeasure", "DataParallel", "Dataset", "GPT", "Scaling", "TestSupport"],
      swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "DoctorTests", dependencies: ["DataParallel", "Doctor", "GPT", "TestSupport"],
      swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports", "Scaling", "TestSupport"], swiftSettings: swiftForThisCPU),
    // MPIRunSupport starts jobs; mpi-exercise is the program of the MPI tests' jobs.
    .target(name: "MPIRunSupport", path: "Tests/Support/MPIRun"),
    .executableTarget(
      name: "mpi-exercise", dependencies: ["MPI"], path: "Tests/Support/mpi-exercise", swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "MPITests", dependencies: ["MPI", "MPIRunSupport", "mpi-exercise"], swiftSettings: swiftForThisCPU),
    // The program of the strategies' jobs.
    .executableTarget(
      name: "sync-exercise", dependencies: ["CMeasure", "DataParallel", "Dataset", "GPT", "MPI"],
      path: "Tests/Support/sync-exercise", swiftSettings: swiftForThisCPU),
    // Jobs in a container that forbids ranks to read each other's memory.
    .executableTarget(name: "no-single-copy", path: "Tests/Support/no-single-copy"),
    .testTarget(
      name: "DataParallelTests", dependencies: ["GPT", "Dataset", "DataParallel", "TestSupport"],
      swiftSettings: swiftForThisCPU),
    .testTarget(
      name: "JobTests",
      dependencies: [
        "Dataset", "GPT", "Kernels", "MPIRunSupport", "SafeTensors", "TestSupport", "ddp-train", "no-single-copy",
        "sync-exercise",
      ],
      swiftSettings: swiftForThisCPU),
  ],
  swiftLanguageModes: [.v6]
)
