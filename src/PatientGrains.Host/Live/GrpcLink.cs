using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Grpc;
using PatientGrains.Host.Commands;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Live;

/// <summary>How verbs reach a server's gRPC front: by address and token, or the server that runs on the data folder.</summary>
internal static class GrpcLink
{
    public static readonly Option<string?> Server = new("--server")
    {
        Description = "Address of the gRPC front; default: the server that runs on the data folder.",
    };

    public static readonly Option<string?> Token = new("--token")
    {
        Description = "Bearer token; default: one signed with the local key ring.",
    };

    /// <summary>Tokens of the local key ring are renewed for every call, and live longer than a call should.</summary>
    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(12);

    /// <exception cref="VerbException">No server is known, or its address is none.</exception>
    public static async Task<GrpcChannel> Open(ParseResult parsed, HostSettings settings, Requester who, CancellationToken cancel)
    {
        if (parsed.GetValue(Server) is { } server)
        {
            if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                throw new VerbException($"--server: '{server}' is not an http or https URL.");
            return Open(address, Tokens(parsed.GetValue(Token), settings, who), null);
        }
        var live = await LiveServer.GrpcOf(settings, cancel)
            ?? throw new VerbException(
                $"no server runs on {Path.GetFullPath(settings.Data)}: start one with `patientgrains serve`, or name one with --server.");
        return Open(live.Url, Tokens(parsed.GetValue(Token), settings, who), live.Fingerprint);
    }

    public static GrpcChannel Open(Uri address, Func<string> token, string? fingerprint) => new(address, new GrpcChannelOptions
    {
        Metadata = () => new GrpcMetadata { { "authorization", "Bearer " + token() } },
        Tls = fingerprint is null ? null : new SslClientAuthenticationOptions
        {
            // The certificate that the server announced in its own folder, whoever signed it.
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate?.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint,
        },
    });

    private static Func<string> Tokens(string? given, HostSettings settings, Requester who)
    {
        if (given is not null)
            return () => given;
        var ring = Stores.RingOfStore(settings);
        var issuer = new TokenIssuer(Services.GatewayOptionsOf(settings, ring), TimeProvider.System);
        return () => issuer.Issue(who, TokenLife);
    }
}
