package wire

// The table of fields and scales. The order is the order on the wire; the names
// are those of the C structs and of JSON.

func (m *Hello) walk(c *codec) {
	c.u64("schema", &m.Schema)
	c.str("version", &m.Version)
}

func (m *Welcome) walk(c *codec) {
	c.code("result", resultNames, (*uint8)(&m.Result))
	c.u64("schema", &m.Schema)
	c.str("version", &m.Version)
	c.str("robot", &m.Robot)
	c.bytes("uid", m.UID[:])
	c.u32("boots", &m.Boots)
	c.code("reset_cause", resetNames, (*uint8)(&m.ResetCause))
	c.u32("holder", &m.Holder)
}

func (m *Command) walk(c *codec) {
	c.u16("valid_ms", &m.ValidMs)
	for i := range m.Joint {
		j := &m.Joint[i]
		c.joint(i)
		c.fixed16("pos_rad", posShift, &j.Pos)
		c.fixed16("vel_rad_s", velShift, &j.Vel)
		c.fixed16("torque_nm", torqueShift, &j.Torque)
		c.ufixed16("kp_nm_rad", kpShift, &j.Kp)
		c.ufixed16("kd_nm_s_rad", kdShift, &j.Kd)
	}
	c.end()
}

func (m *Enable) walk(c *codec) {
	c.code("purpose", purposeNames, (*uint8)(&m.Purpose))
	c.u8("only_joint", &m.Joint)
	for i := range m.Pos {
		c.joint(i)
		c.fixed16("pos_rad", posShift, &m.Pos[i])
	}
	c.end()
}

func (m *Stop) walk(*codec)  {}
func (m *EStop) walk(*codec) {}
func (m *Query) walk(*codec) {}

func (m *Reset) walk(c *codec) { c.code("fault", faultNames, (*uint8)(&m.Fault)) }

func (m *Calibrate) walk(c *codec) {
	c.u32("id", &m.ID)
	for i := range m.Joint {
		c.joint(i)
		c.fixed16("offset_rad", posShift, &m.Joint[i].Offset)
		c.i8("sign", &m.Joint[i].Sign)
	}
	c.end()
}

func (m *Info) walk(c *codec) {
	c.u8("joints", &m.Joints)
	c.u16("tick_hz", &m.TickHz)
	c.u16("state_hz", &m.StateHz)
	c.u16("expiry_ms", &m.ExpiryMs)
	c.ufixed16("min_voltage_v", voltShift, &m.MinVoltage)
	c.ufixed16("max_voltage_v", voltShift, &m.MaxVoltage)
	c.fixed8("max_temp_c", tempShift, &m.MaxTemp)
	c.u32("calibration", &m.Calibration)
	for i := range m.Joint {
		j := &m.Joint[i]
		c.joint(i)
		c.fixed16("min_rad", posShift, &j.Min)
		c.fixed16("max_rad", posShift, &j.Max)
		c.fixed16("max_vel_rad_s", velShift, &j.Vel)
		c.fixed16("max_torque_nm", torqueShift, &j.Torque)
		c.ufixed16("max_kp_nm_rad", kpShift, &j.Kp)
		c.ufixed16("max_kd_nm_s_rad", kdShift, &j.Kd)
	}
	c.end()
}

func (m *Ack) walk(c *codec) {
	c.code("request", typeNames, (*uint8)(&m.Request))
	c.u32("request_seq", &m.Seq)
	c.code("result", resultNames, (*uint8)(&m.Result))
	c.u8("joint_index", &m.Joint)
}

func (m *State) walk(c *codec) {
	c.u32("command_seq", &m.Command)
	c.u32("command_age_us", &m.AgeUs)
	c.code("mode", modeNames, (*uint8)(&m.Mode))
	c.code("fault", faultNames, (*uint8)(&m.Fault))
	c.u16("limiting", &m.Limiting)
	c.ufixed16("voltage_v", voltShift, &m.Voltage)
	c.fixed16("current_a", currentShift, &m.Current)
	c.fixed8("board_temp_c", tempShift, &m.BoardTemp)
	for i, name := range [4]string{"quat_w", "quat_x", "quat_y", "quat_z"} {
		c.fixed16(name, quatShift, &m.Quat[i])
	}
	for i, name := range [3]string{"gyro_x_rad_s", "gyro_y_rad_s", "gyro_z_rad_s"} {
		c.fixed16(name, gyroShift, &m.Gyro[i])
	}
	for i, name := range [3]string{"acc_x_m_s2", "acc_y_m_s2", "acc_z_m_s2"} {
		c.fixed16(name, accShift, &m.Acc[i])
	}
	for i := range m.Joint {
		j := &m.Joint[i]
		c.joint(i)
		c.fixed16("pos_rad", posShift, &j.Pos)
		c.fixed16("vel_rad_s", velShift, &j.Vel)
		c.fixed16("torque_nm", torqueShift, &j.Torque)
		c.fixed16("current_a", currentShift, &j.Current)
		c.fixed8("temp_c", tempShift, &j.Temp)
		c.u8("fault", &j.Fault)
	}
	c.end()
	m.Counters.walk(c)
}

func (m *Counters) walk(c *codec) {
	c.u32("accepted", &m.Accepted)
	for v := VerdictShort; v < Verdicts; v++ {
		c.u16(counterNames[v], &m.Refused[v])
	}
	c.u16("uart_overruns", &m.Overruns)
	c.u16("late_ticks", &m.Late)
}
