// Where the cases of the toml-test suite come from; go.sum has their hash.
module wcp-tiny/tests/vectors/toml-test

go 1.18

require github.com/toml-lang/toml-test/v2 v2.2.0
