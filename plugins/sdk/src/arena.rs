//! The memory of one call. Every call is a fresh instance, so what matters is that taking memory is quick, that its code is
//! small (every byte of a plugin is checked before it runs), and that what was given back is taken again; what is left at
//! the end goes with the instance.
#![expect(unsafe_code, reason = "it hands out memory")]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

/// Blocks are as far apart as anything here is aligned.
const LEAST: usize = 16;
/// Up to here a block is a multiple of [`LEAST`]; from here on there are four sizes to each power of two.
const FINE: usize = 128;
/// Eight fine sizes, and four for each power of two up to 4 GiB.
const SIZES: usize = 8 + 4 * 25;

/// An allocator for one thread.
pub(crate) struct Arena {
    /// Gives so many bytes more, or null. What it gives may follow what it gave before.
    more: fn(usize) -> (*mut u8, usize),
    state: UnsafeCell<State>,
}

struct State {
    /// What was never handed out.
    next: *mut u8,
    end: *mut u8,
    /// What was given back, by size: each block begins with the address of the one before it.
    free: [*mut u8; SIZES],
}

// SAFETY: components have one thread, and the tests give each thread an arena of its own.
unsafe impl Sync for Arena {}

impl Arena {
    pub(crate) const fn new(more: fn(usize) -> (*mut u8, usize)) -> Self {
        Self { more, state: UnsafeCell::new(State { next: null_mut(), end: null_mut(), free: [null_mut(); SIZES] }) }
    }

    /// Takes what was never handed out.
    fn take(&self, state: &mut State, size: usize, align: usize) -> *mut u8 {
        loop {
            let pad = state.next.align_offset(align.max(LEAST));
            let there = state.end.addr() - state.next.addr();
            if !state.next.is_null() && pad.checked_add(size).is_some_and(|all| all <= there) {
                let block = state.next.wrapping_add(pad);
                state.next = block.wrapping_add(size);
                return block;
            }
            let Some(needed) = size.checked_add(align.max(LEAST)) else { return null_mut() };
            let (more, bytes) = (self.more)(needed);
            if more.is_null() {
                return null_mut();
            }
            if more != state.end {
                state.next = more;
            }
            state.end = more.wrapping_add(bytes);
        }
    }
}

/// The place among the sizes, and how large such a block is.
fn size(of: usize) -> Option<(usize, usize)> {
    if of <= FINE {
        let place = of.max(1).div_ceil(LEAST);
        return Some((place - 1, place * LEAST));
    }
    let power = (of - 1).ilog2();
    let quarters = of.div_ceil(1 << (power - 2));
    let place = 8 + (power as usize - 7) * 4 + quarters - 5;
    (place < SIZES).then(|| (place, quarters << (power - 2)))
}

// SAFETY: a block is at least as large as what was asked for, is aligned to it, and is handed out to one at a time: it comes
// from what was never handed out, or from the list of those that were given back.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: there is one thread, and nothing here calls back.
        let state = unsafe { &mut *self.state.get() };
        let Some((place, size)) = size(layout.size()) else { return null_mut() };
        let block = state.free[place];
        if block.is_null() || layout.align() > LEAST {
            return self.take(state, size, layout.align());
        }
        // SAFETY: a block on the list holds the address of the one before it.
        state.free[place] = unsafe { block.cast::<*mut u8>().read() };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        let state = unsafe { &mut *self.state.get() };
        let Some((place, size)) = size(layout.size()) else { return };
        if block.wrapping_add(size) == state.next {
            state.next = block;
            return;
        }
        // SAFETY: the block is nobody's any more, and holds an address at least.
        unsafe { block.cast::<*mut u8>().write(state.free[place]) };
        state.free[place] = block;
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new: usize) -> *mut u8 {
        let (Some((before, had)), Some((after, size))) = (size(layout.size()), size(new)) else { return null_mut() };
        if before == after {
            return block;
        }
        // SAFETY: as above.
        let state = unsafe { &mut *self.state.get() };
        // The last block grows where it is: what is being written is usually the last.
        if block.wrapping_add(had) == state.next && size <= state.end.addr() - block.addr() {
            state.next = block.wrapping_add(size);
            return block;
        }
        // SAFETY: whoever calls this keeps the alignment, and `new` is as `Layout` has it.
        let to = unsafe { self.alloc(Layout::from_size_align_unchecked(new, layout.align())) };
        if !to.is_null() {
            // SAFETY: both are blocks, of at least as many bytes, and not the same one.
            unsafe {
                to.copy_from_nonoverlapping(block, layout.size().min(new));
                self.dealloc(block, layout);
            }
        }
        to
    }
}

#[cfg(all(feature = "arena", target_family = "wasm"))]
mod here {
    use core::arch::wasm32::memory_grow;
    use core::ptr::{null_mut, with_exposed_provenance_mut};

    const PAGE: usize = 64 * 1024;

    /// Some pages at a time: each growth leaves the plugin's code for the host's.
    fn more(bytes: usize) -> (*mut u8, usize) {
        let pages = bytes.div_ceil(PAGE).max(2);
        match memory_grow(0, pages) {
            usize::MAX => (null_mut(), 0),
            before => (with_exposed_provenance_mut(before * PAGE), pages * PAGE),
        }
    }

    #[global_allocator]
    static ARENA: super::Arena = super::Arena::new(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(align(4096))]
    #[derive(Clone, Copy)]
    struct Page(#[expect(dead_code, reason = "there to be written over")] [u8; 4096]);

    fn more(bytes: usize) -> (*mut u8, usize) {
        let pages = vec![Page([0xa5; 4096]); bytes.div_ceil(4096)].leak();
        (pages.as_mut_ptr().cast(), pages.len() * 4096)
    }

    #[test]
    fn every_size_holds_what_was_asked_for_and_little_more() {
        let mut before = (0, LEAST);
        for of in (0..5_000).chain((13..32).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 1])) {
            let (place, size) = size(of).unwrap();
            assert!(size >= of && size.is_multiple_of(LEAST) && place < SIZES, "{of}: {size}");
            assert!(size <= of.max(64) + of / 4 + LEAST, "{of}: {size}");
            assert!((place, size) == before || place > before.0 && size > before.1, "{of}");
            before = (place, size);
        }
        assert_eq!(super::size(usize::MAX), None);
    }

    #[test]
    fn no_two_blocks_share_a_byte_and_each_keeps_what_is_in_it() {
        let arena = Arena::new(more);
        let mut dice = 0x005e_ed0f_u64;
        let mut below = |end: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) as usize % end
        };
        let mut blocks: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let layout = |size: usize, align: usize| Layout::from_size_align(size, 1 << align).unwrap();
        for turn in 0..40_000 {
            let mark = (turn % 251) as u8;
            let size = if below(50) == 0 { 1 + below(70_000) } else { 1 + below(300) };
            let choice = if blocks.len() > 200 { 2 } else { below(3) };
            // SAFETY: as whoever uses an allocator has to: what is given back or grown is there, with its own layout.
            unsafe {
                match choice {
                    0 => {
                        let layout = layout(size, below(8));
                        let block = arena.alloc(layout);
                        assert!(block.addr().is_multiple_of(layout.align()));
                        block.write_bytes(mark, size);
                        blocks.push((block, layout, mark));
                    }
                    1 if !blocks.is_empty() => {
                        let place = below(blocks.len());
                        let (block, old, was) = blocks[place];
                        let grown = arena.realloc(block, old, size);
                        let kept = core::slice::from_raw_parts(grown, size.min(old.size()));
                        assert!(kept.iter().all(|byte| *byte == was), "turn {turn}");
                        assert!(grown.addr().is_multiple_of(old.align()), "turn {turn}");
                        grown.write_bytes(mark, size);
                        blocks[place] = (grown, Layout::from_size_align(size, old.align()).unwrap(), mark);
                    }
                    _ if !blocks.is_empty() => {
                        let (block, layout, was) = blocks.swap_remove(below(blocks.len()));
                        let kept = core::slice::from_raw_parts(block, layout.size());
                        assert!(kept.iter().all(|byte| *byte == was), "turn {turn}");
                        arena.dealloc(block, layout);
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn what_was_given_back_is_taken_again() {
        let arena = Arena::new(more);
        let layout = Layout::from_size_align(1_000, 8).unwrap();
        // SAFETY: as above.
        unsafe {
            let (first, second) = (arena.alloc(layout), arena.alloc(layout));
            arena.dealloc(first, layout);
            assert_eq!(arena.alloc(layout), first);
            arena.dealloc(second, layout);
            assert_eq!(arena.alloc(layout), second);
        }
    }

    #[test]
    fn the_last_block_grows_where_it_is() {
        let arena = Arena::new(more);
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        // SAFETY: as above.
        unsafe {
            let first = arena.alloc(layout(100));
            assert_eq!(arena.realloc(first, layout(100), 2_000), first);
            let second = arena.alloc(layout(10));
            assert_ne!(arena.realloc(first, layout(2_000), 3_000), first);
            assert_eq!(arena.realloc(second, layout(10), 12), second);
        }
    }
}
