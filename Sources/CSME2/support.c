// What the compiler expects of the C runtime around streaming functions, for runtimes that lack it (libgcc before
// 14). Weak: a runtime's own win.
#if defined(__aarch64__) && defined(__linux__)

/// Saves ZA for a caller that left it lazily. None does here: each streaming function of this module has a ZA of its
/// own and is called with none in use. A caller that did would lose its ZA, so it stops instead.
///
/// Source: Procedure Call Standard for the Arm 64-bit Architecture, SME support routines. The routine may change only
/// x16 and x17.
__asm__(".weak __arm_tpidr2_save\n"
        ".hidden __arm_tpidr2_save\n"
        ".type __arm_tpidr2_save, %function\n"
        "__arm_tpidr2_save:\n"
        "  mrs x16, s3_3_c13_c0_5\n" /* TPIDR2_EL0 */
        "  cbz x16, 1f\n"
        "  brk #0x5e2\n"
        "1: ret\n"
        ".size __arm_tpidr2_save, . - __arm_tpidr2_save\n");

/// The vector length outside streaming mode in units of 64 bits, for stack unwinders. 0 says that there is none to
/// restore: the frames of this module hold no vectors of their callers.
__asm__(".weak __arm_get_current_vg\n"
        ".hidden __arm_get_current_vg\n"
        ".type __arm_get_current_vg, %function\n"
        "__arm_get_current_vg:\n"
        "  mov x0, #0\n"
        "  ret\n"
        ".size __arm_get_current_vg, . - __arm_get_current_vg\n");

#else
typedef int csme2_support_is_for_aarch64;
#endif
