using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PatientGrains.Host.Settings;

/// <summary>
/// What an installation can choose. Read from <c>patientgrains.json</c> (or <c>--config FILE</c>), then from the environment
/// (<c>PATIENTGRAINS_DATA</c>, <c>PATIENTGRAINS_URL</c>, <c>PATIENTGRAINS_SOURCES__0</c>, ...), then from the command line; the later wins.
/// </summary>
public sealed partial record HostSettings
{
    public const string EnvironmentPrefix = "PATIENTGRAINS_";

    /// <summary>Folder of the embedded store.</summary>
    public string Data { get; init; } = "data";

    /// <summary>
    /// The key ring. Null: <c>keyring.json</c> in the data folder. Keep it, and its backup, apart from the data in production.
    /// </summary>
    public string? KeyRing { get; init; }

    /// <summary>Where the front listens. Without a certificate only loopback addresses are taken.</summary>
    public string Url { get; init; } = "http://127.0.0.1:8090";

    /// <summary>
    /// Where gRPC is served. Null: with a certificate at <see cref="Url"/>, where TLS lets a client choose HTTP/2; without one at the port
    /// after it, because cleartext HTTP/2 cannot be told from HTTP/1 and needs a port of its own.
    /// </summary>
    public string? GrpcUrl { get; init; }

    /// <summary>
    /// Where clients reach the server when a proxy stands before it, for example <c>https://records.example.org</c>; null: as they ask.
    /// </summary>
    public string? PublicUrl { get; init; }

    /// <summary>A PEM certificate and its key, for HTTPS.</summary>
    public string? Certificate { get; init; }

    public string? CertificateKey { get; init; }

    /// <summary>Slugs of the sources whose clients may connect.</summary>
    public string[] Sources { get; init; } = ["local", "lab", "ehr"];

    /// <summary>Connections at once: each costs some 20 KB, and file handles have an end.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>
    /// Milliseconds that a small submission may take on average while others wait; more are not let in at once than keep this. A store that
    /// needs longer for a single append needs more.
    /// </summary>
    public int SubmissionTargetMillis { get; init; } = 10;

    /// <summary>OTLP endpoint for traces and metrics, for example <c>http://127.0.0.1:4317</c>; null exports nothing.</summary>
    public string? Otlp { get; init; }

    public string KeyRingPath => KeyRing ?? Path.Combine(Data, "keyring.json");

    public static HostSettings Load(string? configFile, HostOverrides overrides)
    {
        var builder = new ConfigurationBuilder();
        if (configFile is not null)
            builder.AddJsonFile(Path.GetFullPath(configFile), optional: false);
        else
            builder.AddJsonFile(Path.GetFullPath("patientgrains.json"), optional: true);
        builder.AddEnvironmentVariables(EnvironmentPrefix);
        var settings = new HostSettings();
        var configured = builder.Build();
        // Binding an array appends to its default, so sources are bound by themselves.
        string[]? sources = configured.GetSection("Sources").Get<string[]>();
        try
        {
            settings = configured.Get<HostSettings>() ?? settings;
        }
        catch (InvalidOperationException unfit)
        {
            // A number or yes-or-no that is none; the message names the setting.
            throw new SettingsException(unfit.Message);
        }
        if (sources?.FirstOrDefault(slug => !IsSlug(slug)) is { } wrong)
            throw new SettingsException($"Sources: '{wrong}' is no slug: letters, digits and hyphens only.");
        return settings with
        {
            Sources = sources ?? new HostSettings().Sources,
            Data = overrides.Data ?? settings.Data,
            KeyRing = overrides.KeyRing ?? settings.KeyRing,
            Url = overrides.Url ?? settings.Url,
            GrpcUrl = overrides.GrpcUrl ?? settings.GrpcUrl,
            Role = overrides.Role ?? settings.Role,
        };
    }

    /// <summary>It stands in URIs, and before the dot of ids that others see.</summary>
    private static bool IsSlug(string? text) => !string.IsNullOrEmpty(text) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    /// <summary>Refuses what would put PHI on a wire in the clear.</summary>
    /// <exception cref="SettingsException">
    /// The URL is malformed, or not loopback without a certificate, or half a certificate is given.
    /// </exception>
    public Uri CheckedUrl() => Checked(nameof(Url), Url);

    /// <summary>Where gRPC gets an endpoint of its own; null where it shares that of <see cref="Url"/>.</summary>
    /// <exception cref="SettingsException">As of the other one.</exception>
    public Uri? CheckedGrpcUrl()
    {
        if (GrpcUrl is not null)
            return GrpcUrl == Url && Certificate is not null ? null : Checked(nameof(GrpcUrl), GrpcUrl);
        var url = CheckedUrl();
        return Certificate is null ? new UriBuilder(url) { Port = url.Port == 0 ? 0 : url.Port + 1 }.Uri : null;
    }

    private Uri Checked(string name, string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new SettingsException($"{name}: '{text}' is not an http or https URL.");
        if (Certificate is null != CertificateKey is null)
            throw new SettingsException("Certificate and CertificateKey go together.");
        if (url.Scheme == "https" != Certificate is not null)
            throw new SettingsException($"An https {name} needs Certificate and CertificateKey, and a certificate needs an https {name}.");
        // Names that only mean loopback to somebody are not enough: the web server listens everywhere for any name but this one.
        bool loopback = url.Host == "localhost" || (IPAddress.TryParse(url.Host, out var address) && IPAddress.IsLoopback(address));
        if (!loopback && url.Scheme == "http" && !TrustsNetwork)
        {
            throw new SettingsException($"{name}: without TLS only a loopback address is allowed; configure Certificate and CertificateKey "
                + "to listen elsewhere, or say ClusterNetwork = trusted when the network behind a proxy is encrypted or nobody else's.");
        }
        if (url is { Host: "localhost", Port: 0 })
            throw new SettingsException($"{name}: localhost is two addresses and needs a port; 127.0.0.1 can find a free one.");
        return url;
    }

    /// <summary>The certificate for HTTPS, null when none is configured.</summary>
    /// <exception cref="SettingsException">It cannot be read, or the key is not its key.</exception>
    public X509Certificate2? LoadCertificate()
    {
        try
        {
            return Certificate is null ? null : X509Certificate2.CreateFromPemFile(Certificate, CertificateKey);
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw new SettingsException($"Certificate: {Certificate} and {CertificateKey} cannot be used: {wrong.Message}");
        }
    }
}

/// <summary>What the command line said, null where it said nothing.</summary>
public sealed record HostOverrides(
    string? Data = null, string? KeyRing = null, string? Url = null, string? GrpcUrl = null, string? Role = null);

/// <summary>A setting that cannot be used; the message names the setting.</summary>
public sealed class SettingsException(string message) : Exception(message);
