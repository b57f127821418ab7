//! What saves and boots cost, and how many pages an image needs, with the pages and words of the nRF52840.

use sequential_storage::cache::key_pointers::ArrayKeyPointers;
use sequential_storage::cache::{Cache, Uncached};
use trial::sim::{Counts, Left, Sim, booted, load};
use trial::{CHUNK, Images, MapImages, QueueImages, now};

type Flash = Sim<4, 4096>;

/// One chunk to a page.
const PAGE: usize = 4074;

fn image(length: usize, id: u32) -> Vec<u8> {
    let mut random = id.wrapping_mul(0x9E37_79B9) | 1;
    (0..length)
        .map(|_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            random.to_be_bytes()[0]
        })
        .collect()
}

fn since(now: Counts, before: Counts) -> Counts {
    Counts {
        reads: now.reads - before.reads,
        bytes_read: now.bytes_read - before.bytes_read,
        words: now.words - before.words,
        erases: now.erases - before.erases,
    }
}

/// A new store for each save, as after a boot; finding the newest image does not count.
macro_rules! costs {
    ($name:expr, $pages:expr, $length:expr, $chunk:expr, $warm:expr, $saves:expr, $open:expr) => {{
        let (pages, length, chunk): (usize, usize, usize) = ($pages, $length, $chunk);
        let mut flash = Flash::new(pages);
        let (mut saves, mut failed): (Vec<Counts>, u32) = (Vec::new(), 0);
        {
            let mut buffer = vec![0; chunk + 8];
            let mut counts = Vec::new();
            let mut images = $open(&mut flash, chunk);
            for id in 0..$warm + $saves {
                let before = images.flash().counts;
                failed += u32::from(now(images.save(&mut buffer, &image(length, id))).is_err());
                counts.push(since(images.flash().counts, before));
            }
            saves.extend(&counts[$warm as usize..]);
        }
        let n = saves.len() as u64;
        let mean = |of: fn(&Counts) -> u64| saves.iter().map(of).sum::<u64>() as f64 / n as f64;
        let most = |of: fn(&Counts) -> u64| saves.iter().map(of).max().unwrap_or(0);
        println!(
            "{}, {pages} pages, {length} B, chunks of {chunk} B: erases {:.2} (at most {}), words {:.0} (at most {}), \
             bytes read {:.0} (at most {}) per save; failed {failed}",
            $name,
            mean(|c| c.erases),
            most(|c| c.erases),
            mean(|c| c.words),
            most(|c| c.words),
            mean(|c| c.bytes_read),
            most(|c| c.bytes_read),
        );
        flash
    }};
}

/// What a boot reads.
macro_rules! boot {
    ($name:expr, $images:ident, $flash:expr, $length:expr, $chunk:expr) => {{
        let (mut flash, length, chunk): (Flash, usize, usize) = ($flash, $length, $chunk);
        let before = flash.counts;
        let (mut images, mut buffer) = booted::<$images<_>, 4, 4096>(&mut flash, chunk);
        now(images.find(&mut buffer)).expect("power is on");
        let found = since(flash.counts, before);
        let before = flash.counts;
        load::<$images<_>, 4, 4096>(&mut flash, chunk, length).expect("power is on").expect("an image is there");
        let loaded = since(flash.counts, before);
        println!(
            "{}: a boot reads {} B in {} reads to find the newest commit, {} B in {} reads to load it",
            $name, found.bytes_read, found.reads, loaded.bytes_read, loaded.reads
        );
    }};
}

/// Whether saves work for three times around the pages, and a cut in the last word of each leaves the one before.
macro_rules! holds {
    ($images:ident, $pages:expr, $length:expr) => {{
        let (pages, length): (usize, usize) = ($pages, $length);
        let mut flash = Flash::new(pages);
        let rounds = u32::try_from(3 * pages * 4096 / length.max(1)).expect("few").clamp(3, 40);
        let save = |flash: &mut Flash, id| {
            let range = 0..flash.size();
            let mut buffer = vec![0; CHUNK + 8];
            let mut images = open_cached!($images, flash, range);
            now(images.find(&mut buffer)).is_ok() && now(images.save(&mut buffer, &image(length, id))).is_ok()
        };
        (0..rounds).all(|id| {
            let mut whole = flash.clone();
            if !save(&mut whole, id) {
                return false;
            }
            let operations = whole.operations() - flash.operations();
            flash.cut = Some((operations - 1, Left::Before));
            save(&mut flash, id);
            flash.boot();
            let range = 0..flash.size();
            let (mut buffer, mut found) = (vec![0; CHUNK + 8], vec![0; length]);
            let mut images = open_cached!($images, &mut flash, range);
            let loaded = now(images.load(&mut buffer, &mut found)).ok().flatten().is_some();
            let well = id == 0 || (loaded && found == image(length, id - 1));
            flash = whole;
            well
        })
    }};
}

/// With a cache of keys, or a search takes hours; the flash ends up the same.
macro_rules! open_cached {
    (MapImages, $flash:expr, $range:expr) => {
        MapImages::with_cache($flash, $range, CHUNK, keys::<1400>()).expect("the pages suit")
    };
    (QueueImages, $flash:expr, $range:expr) => {
        QueueImages::new($flash, $range, CHUNK).expect("the pages suit")
    };
}

type Keys<const N: usize> = Cache<Uncached, Uncached, ArrayKeyPointers<u16, N>, u16>;

fn keys<const N: usize>() -> Keys<N> {
    Cache::new(Uncached, Uncached, ArrayKeyPointers::new())
}

macro_rules! sizes {
    ($name:literal, $images:ident) => {
        for length in [1024, 10_240, 102_400, 307_200] {
            let least = (2..400).find(|&pages| pages * 4096 > length && holds!($images, pages, length));
            println!("{}, {length} B: needs {least:?} pages", $name);
        }
        for pages in [4, 8, 16, 256] {
            let (mut least, mut most) = (0, pages * 4096);
            while most - least > 256 {
                let length = usize::midpoint(least, most);
                if holds!($images, pages, length) { least = length } else { most = length }
            }
            println!("{}, {pages} pages: images of up to {least} B (to 256 B)", $name);
        }
    };
}

fn main() {
    for pages in [8, 16] {
        for chunk in [CHUNK, PAGE] {
            let flash = costs!("map", pages, 10_240, chunk, 40, 160, map);
            boot!("map", MapImages, flash, 10_240, chunk);
            let flash = costs!("queue", pages, 10_240, chunk, 40, 160, queue);
            boot!("queue", QueueImages, flash, 10_240, chunk);
        }
        costs!("map with a cache of 24 keys", pages, 10_240, CHUNK, 40, 160, cached::<24>);
    }
    costs!("map", 7, 10_240, CHUNK, 40, 160, map);
    costs!("queue", 7, 10_240, CHUNK, 40, 160, queue);
    let flash = costs!("map", 160, 307_200, CHUNK, 2, 3, map);
    boot!("map", MapImages, flash, 307_200, CHUNK);
    let flash = costs!("queue", 160, 307_200, CHUNK, 2, 3, queue);
    boot!("queue", QueueImages, flash, 307_200, CHUNK);
    sizes!("map", MapImages);
    sizes!("queue", QueueImages);
}

fn map(flash: &mut Flash, chunk: usize) -> MapImages<&mut Flash> {
    let range = 0..flash.size();
    MapImages::new(flash, range, chunk).expect("the pages suit")
}

fn queue(flash: &mut Flash, chunk: usize) -> QueueImages<&mut Flash> {
    let range = 0..flash.size();
    QueueImages::new(flash, range, chunk).expect("the pages suit")
}

fn cached<const N: usize>(flash: &mut Flash, chunk: usize) -> MapImages<&mut Flash, Keys<N>> {
    let range = 0..flash.size();
    MapImages::with_cache(flash, range, chunk, keys()).expect("the pages suit")
}
