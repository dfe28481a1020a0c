// Open MPI for Swift's importer. Not API: the Swift module MPI is.
//
// Functions, types and plain integer macros of <mpi.h> arrive in Swift by themselves. What does not are the
// macros that stand for a cast: Open MPI writes each predefined handle as `((MPI_Comm)((void *)&object))`, and
// the importer only understands macros that are literals. So each one this package uses is a function of one
// line here, named after its macro. Nothing else belongs in this file.

#ifndef CMPI_SHIM_H
#define CMPI_SHIM_H

#include <mpi.h>

// Predefined communicators: the addresses of objects inside the library, known only when it is linked.
static inline MPI_Comm cmpi_comm_world(void) { return MPI_COMM_WORLD; }

// Null handles: also addresses of objects, not NULL, so Swift's `nil` is no substitute for them.
static inline MPI_Comm cmpi_comm_null(void) { return MPI_COMM_NULL; }
static inline MPI_Request cmpi_request_null(void) { return MPI_REQUEST_NULL; }
static inline MPI_Win cmpi_win_null(void) { return MPI_WIN_NULL; }
static inline MPI_Info cmpi_info_null(void) { return MPI_INFO_NULL; }

// The error handler that makes calls return their code. Without it MPI's default ends the job inside the call
// and no return code is ever seen.
static inline MPI_Errhandler cmpi_errors_return(void) { return MPI_ERRORS_RETURN; }

// Special pointers: integers cast to a pointer type, which the importer refuses as well.
static inline void *cmpi_in_place(void) { return MPI_IN_PLACE; }
static inline MPI_Status *cmpi_status_ignore(void) { return MPI_STATUS_IGNORE; }

// Datatypes: what is only moved, and one for each Swift type that conforms to MPIScalar.
static inline MPI_Datatype cmpi_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype cmpi_float(void) { return MPI_FLOAT; }
static inline MPI_Datatype cmpi_double(void) { return MPI_DOUBLE; }
static inline MPI_Datatype cmpi_int64(void) { return MPI_INT64_T; }

// Predefined reductions: one for each case of the Swift enumeration Reduction.
static inline MPI_Op cmpi_sum(void) { return MPI_SUM; }
static inline MPI_Op cmpi_min(void) { return MPI_MIN; }
static inline MPI_Op cmpi_max(void) { return MPI_MAX; }

#endif
