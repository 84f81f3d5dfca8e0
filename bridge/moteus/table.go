package moteus

// register is what registers.md says of one register.
type register struct {
	name string
	unit unit
}

// rows of registers that follow each other and have one unit (registers.md).
var rows = [...]struct {
	first uint32
	unit  unit
	names []string
}{
	{0x000, plain, []string{"mode"}},
	{0x001, position, []string{"position"}},
	{0x002, velocity, []string{"velocity"}},
	{0x003, torque, []string{"torque"}},
	{0x004, current, []string{"q_current", "d_current"}},
	{0x006, position, []string{"abs_position"}},
	{0x007, power, []string{"power"}},
	{0x00a, temperature, []string{"motor_temperature"}},
	{0x00b, plain, []string{"trajectory_complete", "home_state"}},
	{0x00d, voltage, []string{"voltage"}},
	{0x00e, temperature, []string{"temperature"}},
	{0x00f, plain, []string{"fault"}},
	{0x010, fraction, []string{"pwm_phase_a", "pwm_phase_b", "pwm_phase_c"}},
	{0x014, voltage, []string{"voltage_phase_a", "voltage_phase_b", "voltage_phase_c"}},
	{0x018, fraction, []string{"vfoc_theta"}},
	{0x019, voltage, []string{"vfoc_voltage", "voltage_d", "voltage_q"}},
	{0x01c, current, []string{"command_q_current", "command_d_current"}},
	{0x01e, velocity, []string{"vfoc_theta_rate"}},
	{0x020, position, []string{"command_position"}},
	{0x021, velocity, []string{"command_velocity"}},
	{0x022, torque, []string{"command_feedforward_torque"}},
	{0x023, fraction, []string{"command_kp_scale", "command_kd_scale"}},
	{0x025, torque, []string{"command_maximum_torque"}},
	{0x026, position, []string{"command_stop_position"}},
	{0x027, seconds, []string{"command_timeout"}},
	{0x028, velocity, []string{"command_velocity_limit"}},
	{0x029, acceleration, []string{"command_acceleration_limit"}},
	{0x02a, voltage, []string{"command_fixed_voltage"}},
	{0x02b, fraction, []string{"command_ilimit_scale"}},
	{0x02c, current, []string{"command_fixed_current"}},
	{0x02d, plain, []string{"command_ignore_position_bounds"}},
	{0x030, torque, []string{"proportional_torque", "integral_torque", "derivative_torque", "feedforward_torque", "total_torque"}},
	{0x038, position, []string{"control_position"}},
	{0x039, velocity, []string{"control_velocity"}},
	{0x03a, torque, []string{"control_torque"}},
	{0x03b, position, []string{"position_error"}},
	{0x03c, velocity, []string{"velocity_error"}},
	{0x03d, torque, []string{"torque_error"}},
	{0x040, position, []string{"within_lower_bound", "within_upper_bound"}},
	{0x042, torque, []string{"within_feedforward_torque"}},
	{0x043, fraction, []string{"within_kp_scale", "within_kd_scale"}},
	{0x045, torque, []string{"within_maximum_torque"}},
	{0x046, seconds, []string{"within_timeout"}},
	{0x047, fraction, []string{"within_ilimit_scale"}},
	{0x048, plain, []string{"within_ignore_position_bounds"}},
	{0x050, position, []string{"encoder0_position"}},
	{0x051, velocity, []string{"encoder0_velocity"}},
	{0x052, position, []string{"encoder1_position"}},
	{0x053, velocity, []string{"encoder1_velocity"}},
	{0x054, position, []string{"encoder2_position"}},
	{0x055, velocity, []string{"encoder2_velocity"}},
	{0x058, plain, []string{"encoder_validity"}},
	{0x05c, plain, []string{"aux1_gpio_command", "aux2_gpio_command", "aux1_gpio_status", "aux2_gpio_status"}},
	{0x060, fraction, []string{"aux1_analog1", "aux1_analog2", "aux1_analog3", "aux1_analog4", "aux1_analog5"}},
	{0x068, fraction, []string{"aux2_analog1", "aux2_analog2", "aux2_analog3", "aux2_analog4", "aux2_analog5"}},
	{0x070, plain, []string{"millisecond_counter", "clock_trim", "aux1_pwm_input_period"}},
	{0x073, fraction, []string{"aux1_pwm_input_duty"}},
	{0x074, plain, []string{"aux2_pwm_input_period"}},
	{0x075, fraction, []string{"aux2_pwm_input_duty"}},
	{0x076, fraction, []string{"aux1_pwm1", "aux1_pwm2", "aux1_pwm3", "aux1_pwm4", "aux1_pwm5"}},
	{0x07b, fraction, []string{"aux2_pwm1", "aux2_pwm2", "aux2_pwm3", "aux2_pwm4", "aux2_pwm5"}},
	{0x100, plain, []string{"model_number", "firmware_version", "register_map_version"}},
	{0x110, plain, []string{"multiplex_id"}},
	{0x120, plain, []string{"serial_number1", "serial_number2", "serial_number3"}},
	{0x130, position, []string{"set_output_nearest", "set_output_exact"}},
	{0x132, plain, []string{"require_reindex", "recapture_position_velocity"}},
	{0x140, plain, []string{"driver_fault1", "driver_fault2"}},
	{0x150, plain, []string{"uuid1", "uuid2", "uuid3", "uuid4", "uuid_mask1", "uuid_mask2", "uuid_mask3", "uuid_mask4", "uuid_mask_capable"}},
}

// registers are the rows by register.
var registers = func() (t [0x160]register) {
	for _, row := range rows {
		for i, name := range row.names {
			t[int(row.first)+i] = register{name, row.unit}
		}
	}
	return t
}()

// unitOf is plain for registers that the manual does not list.
func unitOf(reg uint32) unit {
	if reg < uint32(len(registers)) {
		return registers[reg].unit
	}
	return plain
}

func nameOf(reg uint32) string {
	if reg < uint32(len(registers)) {
		return registers[reg].name
	}
	return ""
}

// faults are the codes of RegFault.
var faults = map[int]string{
	32: "calibration fault", 33: "motor driver fault: is the supply strong enough?", 34: "over voltage", 35: "encoder fault",
	36: "motor not configured: want it calibrated", 37: "PWM cycle overrun", 38: "over temperature", 39: "outside of its position bounds",
	40: "under voltage", 41: "configuration changed", 42: "no commutation encoder", 43: "no output encoder", 44: "driver enable fault",
	45: "stop position used", 46: "timing violation", 47: "back-EMF feed-forward without an acceleration limit", 48: "invalid position bounds",
	49: "position error over its bound", 50: "velocity error over its bound",
}
