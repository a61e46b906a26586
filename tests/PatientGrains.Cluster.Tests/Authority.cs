using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PatientGrains.Cluster.Tests;

/// <summary>A certificate authority of a test, which signs certificates of nodes into a folder.</summary>
internal sealed class Authority
{
    private readonly string _folder;
    private readonly X509Certificate2 _own;

    /// <param name="folder">Where files go; each authority needs its own.</param>
    public Authority(string folder)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=cluster", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _own = request.CreateSelfSigned(From, Until);
        File.WriteAllText(Path.Combine(_folder, "authority.pem"), _own.ExportCertificatePem());
    }

    private static DateTimeOffset From => TimeProvider.System.GetUtcNow().AddDays(-1);

    private static DateTimeOffset Until => TimeProvider.System.GetUtcNow().AddDays(2);

    /// <summary>The settings of a node that it vouches for.</summary>
    public (string, string)[] Node()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        // Of a server (1) and of a client (2): a node is both (RFC 5280 4.2.1.12).
        OidCollection uses = [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")];
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(uses, false));
        using var certificate = request.Create(_own, From, Until, RandomNumberGenerator.GetBytes(8));
        string name = Path.Combine(_folder, Convert.ToHexString(certificate.SerialNumberBytes.Span));
        File.WriteAllText(name + ".pem", certificate.ExportCertificatePem());
        File.WriteAllText(name + ".key", key.ExportPkcs8PrivateKeyPem());
        return
        [
            ("ClusterCertificate", name + ".pem"), ("ClusterCertificateKey", name + ".key"),
            ("ClusterAuthority", Path.Combine(_folder, "authority.pem")),
        ];
    }
}
