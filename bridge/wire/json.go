package wire

func (c *codec) whole(name string, v *uint64, limit uint64)                   {}
func (c *codec) hex64(name string, v *uint64)                                 {}
func (c *codec) signed(name string, v *int8)                                  {}
func (c *codec) hex(name string, p []byte)                                    {}
func (c *codec) quoted(name string, p *Text)                                  {}
func (c *codec) number(name string, p *float64, shift int, low, high float64) {}
