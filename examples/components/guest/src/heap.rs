//! A heap that begins with the memory that the component starts with.
//!
//! Every call of a component gets an instance of its own. The standard library's heap for this target leaves alone what
//! is behind a module's own data and grows the memory at its first allocation, so each call would have its host change
//! what is mapped, twice: to grow, and to take it back. That costs more than everything else in a small call.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::{Cell, UnsafeCell};
use std::ptr;

use dlmalloc::{Allocator, Dlmalloc};

const PAGE: usize = 64 * 1024;

unsafe extern "C" {
    /// The linker's name for the end of the module's own data.
    static __heap_base: u8;
}

/// Where the heap has its memory from: first what is there, then what can be had.
struct Memory {
    is_begun: Cell<bool>,
}

// SAFETY: what is given away is behind the module's data, within memory, and given once.
unsafe impl Allocator for Memory {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        if !self.is_begun.replace(true) {
            let begin = (&raw const __heap_base).cast_mut();
            let present = core::arch::wasm32::memory_size(0) * PAGE - begin.addr();
            if present >= size {
                return (begin, present, 0);
            }
        }
        let pages = size.div_ceil(PAGE);
        match core::arch::wasm32::memory_grow(0, pages) {
            usize::MAX => (ptr::null_mut(), 0, 0),
            // A pointer to the very end of the address space would be one to its begin.
            page => (ptr::without_provenance_mut(page * PAGE), pages * PAGE - 16, 0),
        }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}

/// The heap of a component. A component runs one thread.
struct Heap(UnsafeCell<Dlmalloc<Memory>>);

// SAFETY: there is one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap =
    Heap(UnsafeCell::new(Dlmalloc::new_with_allocator(Memory { is_begun: Cell::new(false) })));

// SAFETY: the heap is used by one thread, and never by itself.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { (*self.0.get()).free(block, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe { (*self.0.get()).realloc(block, layout.size(), layout.align(), size) }
    }
}
