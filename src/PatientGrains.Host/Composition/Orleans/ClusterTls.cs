using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;
using Orleans.Hosting;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Composition;

/// <summary>
/// TLS between nodes, both ends with a certificate: who has none that the cluster's authority signed is no node. The authority signs for
/// this cluster only, so that names are not compared: nodes come and go, with whatever address they are given.
/// </summary>
internal static class ClusterTls
{
    public static void Add(ISiloBuilder silo, NodeCertificate node) => silo.UseTls(node.Own, tls => Configure(tls, node));

    public static void Add(IClientBuilder client, NodeCertificate node) => client.UseTls(node.Own, tls => Configure(tls, node));

    private static void Configure(TlsOptions tls, NodeCertificate node)
    {
        tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.RemoteCertificateValidation = (certificate, _, _) => node.HasSigned(certificate);
        // A name that is not looked at, but that the handshake needs.
        tls.OnAuthenticateAsClient = (_, options) => options.TargetHost = "node.patientgrains";
    }
}
