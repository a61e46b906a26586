using System.CommandLine;
using PatientGrains.Host.Composition;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains serve</c>: the FHIR front on the embedded store, until SIGTERM or Ctrl+C.</summary>
internal static class ServeCommand
{
    public static Command Build()
    {
        var url = new Option<string?>("--url")
        {
            Description = "Where to listen; default http://127.0.0.1:8090. Beyond loopback only with a certificate.",
        };
        var grpc = new Option<string?>("--grpc-url")
        {
            Description = "Where to serve gRPC; default: the port after that of the URL, with a certificate the same one.",
        };
        return Common.Verb(
            "serve",
            "Serve FHIR R4 and gRPC from the store in the data folder.",
            async (parsed, settings, cancel) =>
            {
                var asked = settings with { Url = parsed.GetValue(url) ?? settings.Url, GrpcUrl = parsed.GetValue(grpc) ?? settings.GrpcUrl };
                await using var server = await RecordServer.StartWithFront(asked, cancel);
                await Console.Out.WriteLineAsync($"PatientGrains serves {server.Url}/fhir and gRPC at {server.GrpcUrl} from {Path.GetFullPath(settings.Data)} (engine {Engine.Name}). Ctrl+C stops it.");
                await server.Run(cancel);
                return Common.Done;
            },
            url, grpc);
    }
}
