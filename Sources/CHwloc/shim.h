// hwloc for Swift. Not API of the package: Topology is.
//
// Why a shim: a module map names its headers by path, and hwloc.h lies where pkg-config says.
#pragma once

#include <hwloc.h>
