(module
  (import "signalbox:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "wasi:cli/stdout@0.2.6" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams@0.2.6" "[method]output-stream.blocking-write-and-flush"
    (func $print (param i32 i32 i32 i32)))
  (import "wasi:io/poll@0.2.6" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration" (func $after (param i64) (result i32)))
  (import "wasi:clocks/wall-clock@0.2.6" "now" (func $now (param i32)))
  (import "wasi:random/random@0.2.6" "get-random-u64" (func $random (result i64)))
  (memory (export "memory") 64)
  (global $free (mut i32) (i32.const 65536))
  (data (i32.const 64) "hello\n")
  (data (i32.const 80) "and logged")

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    global.get $free
    global.get $free local.get 3 i32.add i32.const 7 i32.add i32.const -8 i32.and global.set $free)

  ;; A number as sixteen letters.
  (func $letters (param $at i32) (param $number i64) (local $place i32)
    (loop $next
      (i32.store8
        (i32.add (local.get $at) (local.get $place))
        (i32.add (i32.const 97) (i32.wrap_i64 (i64.and (i64.const 15)
          (i64.shr_u (local.get $number)
            (i64.extend_i32_u (i32.sub (i32.const 60) (i32.mul (i32.const 4) (local.get $place)))))))))
      (local.set $place (i32.add (local.get $place) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $place) (i32.const 16)))))

  (func (export "signalbox:plugin/router@0.1.0#route") (param i32) (result i32) (local $out i32)
    (call $block (call $after (i64.const 3000000000000000000)))
    (local.set $out (call $stdout))
    (call $print (local.get $out) (i32.const 64) (i32.const 6) (i32.const 256))
    (call $log (i32.const 1) (i32.const 80) (i32.const 10))
    (call $print (local.get $out) (i32.const 64) (i32.const 6) (i32.const 256))
    (call $now (i32.const 512))
    (call $letters (i32.const 16) (i64.load (i32.const 512)))
    (call $letters (i32.const 32) (call $random))
    ;; ok(pass(the letters))
    (i32.store8 (i32.const 1024) (i32.const 0))
    (i32.store8 (i32.const 1028) (i32.const 2))
    (i32.store (i32.const 1032) (i32.const 16))
    (i32.store (i32.const 1036) (i32.const 32))
    (i32.const 1024)))
