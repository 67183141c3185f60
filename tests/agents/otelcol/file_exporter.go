package main

import (
	"context"
	"os"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// What the collector's own model made of the messages, one JSON document a line. (The exporter of the contributed
// modules is not used: it brings hundreds of modules.)
type fileConfig struct {
	Path string `mapstructure:"path"`
}

var oneLine sync.Mutex

func writeLine(config component.Config, text []byte, err error) error {
	if err != nil {
		return err
	}
	oneLine.Lock()
	defer oneLine.Unlock()
	file, err := os.OpenFile(config.(*fileConfig).Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.Write(append(text, '\n'))
	return err
}

func newFileExporterFactory() exporter.Factory {
	return exporter.NewFactory(
		component.MustNewType("file"), func() component.Config { return &fileConfig{} },
		exporter.WithTraces(func(ctx context.Context, set exporter.Settings, config component.Config) (exporter.Traces, error) {
			return exporterhelper.NewTraces(ctx, set, config, func(_ context.Context, data ptrace.Traces) error {
				text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(data)
				return writeLine(config, text, err)
			})
		}, component.StabilityLevelStable),
		exporter.WithMetrics(func(ctx context.Context, set exporter.Settings, config component.Config) (exporter.Metrics, error) {
			return exporterhelper.NewMetrics(ctx, set, config, func(_ context.Context, data pmetric.Metrics) error {
				text, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(data)
				return writeLine(config, text, err)
			})
		}, component.StabilityLevelStable),
		exporter.WithLogs(func(ctx context.Context, set exporter.Settings, config component.Config) (exporter.Logs, error) {
			return exporterhelper.NewLogs(ctx, set, config, func(_ context.Context, data plog.Logs) error {
				text, err := (&plog.JSONMarshaler{}).MarshalLogs(data)
				return writeLine(config, text, err)
			})
		}, component.StabilityLevelStable))
}
