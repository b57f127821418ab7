//! The serial port, which the emulator writes to its standard output.

const STATUS: *mut u8 = 0xC0 as *mut u8;
const CONTROL: *mut u8 = 0xC1 as *mut u8;
const RATE: *mut u8 = 0xC4 as *mut u8;
const DATA: *mut u8 = 0xC6 as *mut u8;

/// In [`STATUS`].
const RECEIVED: u8 = 1 << 7;
const SENT: u8 = 1 << 6;
const EMPTY: u8 = 1 << 5;
const DOUBLE_SPEED: u8 = 1 << 1;
/// In [`CONTROL`].
const RECEIVER: u8 = 1 << 4;
const TRANSMITTER: u8 = 1 << 3;

/// Writes texts.
pub fn write(texts: &[&str]) {
    texts.iter().flat_map(|text| text.bytes()).for_each(write_byte);
}

/// Writes 16 hexadecimal digits.
pub fn write_hex(number: u64) {
    for byte in number.to_be_bytes() {
        for digit in [byte >> 4, byte & 15] {
            write_byte(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
        }
    }
}

/// Writes a number in decimal.
pub fn write_number(mut number: u32) {
    let mut digits = [b'0'; 10];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    digits.iter().skip(digits.len() - used).copied().for_each(write_byte);
}

/// Waits for a byte.
#[expect(unsafe_code, reason = "registers of the port")]
pub fn read_byte() -> u8 {
    begin();
    unsafe {
        while STATUS.read_volatile() & RECEIVED == 0 {}
        DATA.read_volatile()
    }
}

/// Waits until all is sent.
#[expect(unsafe_code, reason = "registers of the port")]
pub fn flush() {
    unsafe { while STATUS.read_volatile() & SENT == 0 {} }
}

#[expect(unsafe_code, reason = "registers of the port")]
fn write_byte(byte: u8) {
    begin();
    unsafe {
        while STATUS.read_volatile() & EMPTY == 0 {}
        // Clears what says that all is sent.
        STATUS.write_volatile(SENT | DOUBLE_SPEED);
        DATA.write_volatile(byte);
    }
}

/// 115,200 bits per second with a clock of 16 MHz, 8 bits, no parity: what is not set here is so after a reset.
#[expect(unsafe_code, reason = "registers of the port")]
fn begin() {
    unsafe {
        RATE.write_volatile(16);
        STATUS.write_volatile(DOUBLE_SPEED);
        CONTROL.write_volatile(RECEIVER | TRANSMITTER);
    }
}
