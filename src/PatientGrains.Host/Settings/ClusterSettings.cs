using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PatientGrains.Host.Composition;

namespace PatientGrains.Host.Settings;

/// <summary>What a process does.</summary>
public enum NodeRole
{
    /// <summary>Records and fronts in one process.</summary>
    All,

    /// <summary>Records, without fronts: nothing listens for clients but health and, if asked for, the dashboard.</summary>
    Silo,

    /// <summary>Fronts, without records: no store, but the key ring that signs tokens and derives ids.</summary>
    Gateway,
}

/// <summary>Where nodes find each other.</summary>
public enum ClusteringKind
{
    /// <summary>One silo on this machine.</summary>
    Localhost,

    /// <summary>Tables in the PostgreSQL database that <c>Postgres</c> names; the program makes them.</summary>
    Postgres,

    /// <summary>A table of a storage account.</summary>
    Azure,
}

/// <summary>What a node of a cluster is, and how it finds the others.</summary>
public sealed partial record HostSettings
{
    /// <summary><c>all</c>, <c>silo</c> or <c>gateway</c>.</summary>
    public string Role { get; init; } = "all";

    /// <summary><c>localhost</c>, <c>postgres</c> or <c>azure</c>.</summary>
    public string Clustering { get; init; } = "localhost";

    /// <summary>Nodes with the same find each other; another one for each deployment that shares a membership table.</summary>
    public string ClusterId { get; init; } = "patientgrains";

    /// <summary>The same for as long as the store lives.</summary>
    public string ServiceId { get; init; } = "patientgrains";

    /// <summary>Where silos talk to each other.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>Where gateways reach a silo.</summary>
    public int GatewayPort { get; init; } = 30000;

    /// <summary>
    /// The address, or a name of it, under which others reach this silo. Null: the machine's own, and loopback without a cluster.
    /// </summary>
    public string? AdvertisedAddress { get; init; }

    /// <summary>PEM certificate and key of this node, for TLS between nodes; both ends show theirs.</summary>
    public string? ClusterCertificate { get; init; }

    public string? ClusterCertificateKey { get; init; }

    /// <summary>PEM certificate of the authority that signs those of this cluster's nodes, and nothing else.</summary>
    public string? ClusterAuthority { get; init; }

    /// <summary>
    /// <c>untrusted</c>, or <c>trusted</c>: whoever runs it says that nobody else is on the network between the nodes (and the proxy before
    /// them), or that it is encrypted below this program. Without <see cref="ClusterCertificate"/> nodes send records to each other in the
    /// clear.
    /// </summary>
    public string ClusterNetwork { get; init; } = "untrusted";

    /// <summary>Whether a silo serves Orleans's dashboard at <c>/dashboard</c>, to operators only.</summary>
    public bool Dashboard { get; init; }

    private enum NetworkKind
    {
        Untrusted,
        Trusted,
    }

    internal bool TrustsNetwork => Choice<NetworkKind>(nameof(ClusterNetwork), ClusterNetwork) == NetworkKind.Trusted;

    internal ClusteringKind ClusteringKind => Choice<ClusteringKind>(nameof(Clustering), Clustering);

    /// <summary>The role, when this program can have it with these settings.</summary>
    /// <exception cref="SettingsException">It cannot.</exception>
    public NodeRole CheckedRole()
    {
        var role = Choice<NodeRole>(nameof(Role), Role);
        bool isCluster = ClusteringKind != ClusteringKind.Localhost;
        if (!Engine.Clusters && (role != NodeRole.All || isCluster || Dashboard))
        {
            string setting = role != NodeRole.All ? nameof(Role) : isCluster ? nameof(Clustering) : nameof(Dashboard);
            throw new SettingsException($"{setting}: this program is built with Engine=Local, which runs everything in one process. "
                + "Nodes of a cluster need a build with -p:Engine=Orleans.");
        }
        if (isCluster && role != NodeRole.Gateway && IsEmbedded)
            throw new SettingsException("Store: sqlite is for one process; the silos of a cluster need postgres or azure.");
        if (role == NodeRole.Gateway && isCluster && !TrustsNetwork && !HasNodeCertificate)
            throw Untrusted("this gateway and its silos");
        if (role != NodeRole.Gateway && Engine.Clusters)
            CheckedAdvertised();
        return role;
    }

    /// <summary>The address under which this silo is known.</summary>
    /// <exception cref="SettingsException">There is none, or records would cross a network that nobody vouches for.</exception>
    internal IPAddress CheckedAdvertised()
    {
        if (ClusteringKind == ClusteringKind.Localhost)
        {
            return AdvertisedAddress is null
                ? IPAddress.Loopback
                : throw new SettingsException("AdvertisedAddress: with Clustering = localhost nobody but this machine reaches the silo.");
        }
        string name = AdvertisedAddress ?? Dns.GetHostName();
        var address = Resolve(name)
            ?? throw new SettingsException($"AdvertisedAddress: '{name}' has no IPv4 address; name one that the other nodes reach.");
        return IPAddress.IsLoopback(address) || TrustsNetwork || HasNodeCertificate ? address : throw Untrusted("nodes");
    }

    private bool HasNodeCertificate => LoadNodeCertificate() is not null;

    /// <summary>What this node shows to others and knows them by; null for none.</summary>
    /// <exception cref="SettingsException">One of the three is missing, or cannot be used.</exception>
    internal NodeCertificate? LoadNodeCertificate()
    {
        if ((ClusterCertificate, ClusterCertificateKey, ClusterAuthority) is (null, null, null))
            return null;
        if (ClusterCertificate is null || ClusterCertificateKey is null || ClusterAuthority is null)
            throw new SettingsException("ClusterCertificate, ClusterCertificateKey and ClusterAuthority go together.");
        try
        {
            return new NodeCertificate(
                X509Certificate2.CreateFromPemFile(ClusterCertificate, ClusterCertificateKey),
                X509CertificateLoader.LoadCertificateFromFile(ClusterAuthority));
        }
        catch (Exception unfit) when (unfit is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"ClusterCertificate: the files of the node's certificate cannot be used: {unfit.Message}");
        }
    }

    /// <summary>Addresses of the machine itself last: other machines cannot use them.</summary>
    private static IPAddress? Resolve(string name)
    {
        if (IPAddress.TryParse(name, out var given))
            return given;
        try
        {
            return Dns.GetHostAddresses(name, AddressFamily.InterNetwork).OrderBy(IPAddress.IsLoopback).FirstOrDefault();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static SettingsException Untrusted(string between) => new(
        $"ClusterNetwork: records would travel between {between} in the clear. Give every node a ClusterCertificate, or say trusted when "
        + "the network between them is encrypted below this program or carries nobody else, or keep everything on loopback.");
}

/// <summary>A node's own certificate, and the authority by whose signature it knows the other nodes.</summary>
internal sealed record NodeCertificate(X509Certificate2 Own, X509Certificate2 Authority)
{
    /// <summary>Whether the authority has signed it, and it is valid now.</summary>
    public bool HasSigned(X509Certificate2 other)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Authority);
        // Who revokes a node's certificate of a private authority changes the authority: there is no list to ask.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(other);
    }
}
