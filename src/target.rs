//! What is known about the processor that the crate is compiled for, and about the optimisation. Every `cfg!` is here.
//! Attributes such as `cfg_attr(not(unoptimized), inline(always))` need their condition in place; `build.rs` sets
//! `unoptimized` and `for_size`.

/// A chip without an operating system; otherwise a host.
pub(crate) const CHIP: bool = cfg!(target_os = "none");

/// A chip with floating point.
pub(crate) const CHIP_WITH_FLOAT: bool = CHIP && cfg!(any(target_abi = "eabihf", target_feature = "f"));

/// A chip whose floating point is software, which takes so long that the shape of a loop hardly matters.
pub(crate) const SOFT_FLOAT: bool = CHIP && !CHIP_WITH_FLOAT;

/// A Cortex-M0: software floating point and few registers. Values that are kept during a multiplication are on the
/// stack.
pub(crate) const FEW_REGISTERS: bool = SOFT_FLOAT && cfg!(target_arch = "arm");

/// A Cortex-M4F or like it: adds a product of 64 bits to a sum in one instruction.
pub(crate) const LONG_PRODUCTS: bool = CHIP_WITH_FLOAT && cfg!(target_arch = "arm");

/// A chip of 8 bits, which shifts by one place in an instruction for each byte: what is shifted by a number that is not constant is
/// shifted in a loop.
pub(crate) const EIGHT_BITS: bool = cfg!(target_arch = "avr");

/// A chip of 32 bits whose `f32` is computed by [`soft`](crate::soft).
pub(crate) const SOFT_SINGLE: bool = cfg!(soft_single);

/// Optimised for size, at opt-level s or z.
pub(crate) const FOR_SIZE: bool = cfg!(for_size);

/// Short code is preferred to fast code.
pub(crate) const SMALL: bool = FOR_SIZE || SOFT_FLOAT;

/// Layers share the loops of [`Kernel`](crate::kernel::Kernel). On a host each layer has its own loops, in which the
/// compiler knows all lengths.
pub(crate) const SHARED: bool = CHIP;

/// How many samples a buffer holds: 32 bits on hosts as on chips, where the bytes are the same then. 16 where addresses have
/// as many.
#[cfg(all(feature = "heapless", not(target_pointer_width = "16")))]
pub(crate) type Length = u32;
/// See above.
#[cfg(all(feature = "heapless", target_pointer_width = "16"))]
pub(crate) type Length = u16;

/// An x86 with vectors of eight `f32`.
#[cfg(not(vfp))]
pub(crate) const AVX: bool = cfg!(target_feature = "avx");

/// An x86 with vectors of sixteen `f32`.
#[cfg(not(target_os = "none"))]
pub(crate) const AVX512: bool = cfg!(target_feature = "avx512f");
