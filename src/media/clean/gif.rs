//! GIF: a screen, then frames, each perhaps with a control block before it. Comments and
//! application data stand between; of those only the number of repetitions stays.

use super::reader::Reader;

const TRAILER: u8 = 0x3B;
const EXTENSION: u8 = 0x21;
const LOOPING: &[u8] = b"NETSCAPE2.0";

enum Block<'a> {
    /// Timing, transparency and disposal of the next frame.
    Control(&'a [u8]),
    Frame(&'a [u8]),
    Repetitions([u8; 2]),
    /// Text drawn by the viewer. No browser does; its control block goes with it.
    PlainText,
    Metadata,
}

/// A file that breaks off is cut after its last whole frame.
pub fn clean(data: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Reader(data);
    screen(&mut rest)?;
    let mut file = rest.since(Reader(data)).to_vec();
    let mut control: &[u8] = &[];
    let mut frames = 0_usize;
    while let Some(block) = block(&mut rest) {
        match block {
            Block::Control(bytes) => control = bytes,
            Block::Frame(bytes) => {
                file.extend_from_slice(control);
                file.extend_from_slice(bytes);
                control = &[];
                frames += 1;
            }
            Block::Repetitions([low, high]) => {
                file.extend([EXTENSION, 0xFF, 11]);
                file.extend_from_slice(LOOPING);
                file.extend([3, 1, low, high, 0]);
            }
            Block::PlainText => control = &[],
            Block::Metadata => {}
        }
    }
    file.push(TRAILER);
    (frames > 0).then_some(file)
}

fn screen(rest: &mut Reader) -> Option<()> {
    let signature = rest.take(6)?;
    let [_, _, _, _, flags, _, _] = rest.array()?;
    colours(rest, flags)?;
    (signature == b"GIF89a" || signature == b"GIF87a").then_some(())
}

/// A colour table, where the flags announce one.
fn colours(rest: &mut Reader, flags: u8) -> Option<()> {
    if flags & 0x80 != 0 {
        rest.take(3 * (2 << (flags & 7)))?;
    }
    Some(())
}

/// The next block; `None` at the trailer, at the end and at anything that is no block.
fn block<'a>(rest: &mut Reader<'a>) -> Option<Block<'a>> {
    let start = *rest;
    match rest.byte()? {
        0x2C => {
            let [_, _, _, _, _, _, _, _, flags] = rest.array()?;
            colours(rest, flags)?;
            rest.byte()?; // size of the first codes
            skip_parts(rest)?;
            Some(Block::Frame(rest.since(start)))
        }
        EXTENSION => match rest.byte()? {
            0xF9 => {
                rest.literal(&[4])?;
                rest.take(4)?;
                rest.literal(&[0])?;
                Some(Block::Control(rest.since(start)))
            }
            0xFF => Some(application(rest)?.map_or(Block::Metadata, Block::Repetitions)),
            0x01 => skip_parts(rest).map(|()| Block::PlainText),
            _ => skip_parts(rest).map(|()| Block::Metadata),
        },
        _ => None,
    }
}

/// How often the animation is to be repeated, if that is what this application block says.
fn application(rest: &mut Reader) -> Option<Option<[u8; 2]>> {
    let name = part(rest)?;
    let mut repetitions = None;
    if name.is_empty() {
        return Some(None);
    }
    loop {
        match part(rest)? {
            [] => return Some(repetitions),
            [1, low, high] if name == LOOPING => repetitions = Some([*low, *high]),
            _ => {}
        }
    }
}

fn skip_parts(rest: &mut Reader) -> Option<()> {
    while !part(rest)?.is_empty() {}
    Some(())
}

/// One part of a block: its length in a byte, then so many; an empty one ends the block.
fn part<'a>(rest: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = rest.byte()?;
    rest.take(usize::from(length))
}
