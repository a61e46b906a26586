using System.CommandLine;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Commands;

/// <summary><c>patientgrains serve</c>: a node of the role that it is given, until SIGTERM or Ctrl+C.</summary>
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
        var role = new Option<string?>("--role")
        {
            Description = "What this process does in a cluster: all (default), silo or gateway.",
        };
        role.AcceptOnlyFromAmong("all", "silo", "gateway");
        return Common.Verb(
            "serve",
            "Serve FHIR R4 and gRPC from the store that the settings name; default: the one in the data folder.",
            async (parsed, settings, cancel) =>
            {
                var asked = settings with
                {
                    Url = parsed.GetValue(url) ?? settings.Url,
                    GrpcUrl = parsed.GetValue(grpc) ?? settings.GrpcUrl,
                    Role = parsed.GetValue(role) ?? settings.Role,
                };
                await using var server = await RecordServer.StartWithFront(asked, cancel);
                await Console.Out.WriteLineAsync($"{What(asked, server)} (engine {Engine.Name}). Ctrl+C stops it.");
                await server.Run(cancel);
                return Common.Done;
            },
            url, grpc, role);
    }

    private static string What(HostSettings settings, RecordServer server)
    {
        string store = settings.IsEmbedded ? Path.GetFullPath(settings.Data) : settings.Store;
        string fronts = $"PatientGrains serves {server.Url}/fhir and gRPC at {server.GrpcUrl}";
        return settings.CheckedRole() switch
        {
            NodeRole.Silo => $"PatientGrains hosts records from {store}; its health is at {server.Url}/ready",
            NodeRole.Gateway => $"{fronts} from the silos of {settings.ClusterId}",
            _ => $"{fronts} from {store}",
        };
    }
}
