"""Runs ONNX files in ONNX Runtime. In: a list of {model, check, runs: [{name: {shape, data}}]}
as JSON on stdin; out: a list, per model, of a list, per run, of {name: data}."""
import json, sys
import numpy as np
import onnxruntime

answers = []
for case in json.load(sys.stdin):
    if case["check"]:
        import onnx
        onnx.checker.check_model(case["model"], full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(case["model"], options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    runs = []
    for run in case["runs"]:
        feed = {k: np.array(v["data"], np.float32).reshape(v["shape"]) for k, v in run.items()}
        runs.append({n: y.ravel().tolist() for n, y in zip(names, session.run(names, feed))})
    answers.append(runs)
json.dump(answers, sys.stdout)
