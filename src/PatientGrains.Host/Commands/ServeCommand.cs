using System.CommandLine;
using PatientGrains.Host.Composition;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains serve</c>: the FHIR front on the embedded store, until SIGTERM or Ctrl+C.</summary>
internal static class ServeCommand
{
    public static Command Build()
    {
        var url = new Option<string?>("--url") { Description = "Where to listen; default http://127.0.0.1:8090. Beyond loopback only with a certificate." };
        return Common.Verb(
            "serve",
            "Serve FHIR R4 from the store in the data folder.",
            async (parsed, settings, cancel) =>
            {
                await using var server = await RecordServer.StartWithFront(settings with { Url = parsed.GetValue(url) ?? settings.Url }, cancel);
                await Console.Out.WriteLineAsync($"PatientGrains serves {server.Url}/fhir from {Path.GetFullPath(settings.Data)} (engine {Engine.Name}). Ctrl+C stops it.");
                await server.Run(cancel);
                return Common.Done;
            },
            url);
    }
}
